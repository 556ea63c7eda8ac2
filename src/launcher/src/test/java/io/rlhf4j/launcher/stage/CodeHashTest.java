package io.rlhf4j.launcher.stage;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CodeHashTest {

  @TempDir
  private Path directory;

  @Test
  void anArchiveHasTheHashOfTheDirectoryItWasMadeOf() throws IOException {
    Path classes = Files.createDirectories(directory.resolve("classes"));
    Files.createDirectories(classes.resolve("io/x"));
    Files.writeString(classes.resolve("io/x/A.class"), "one");
    Files.writeString(classes.resolve("kernel.py"), "two");
    Path archive = directory.resolve("x.jar");
    try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(archive))) {
      entry(zip, "META-INF/MANIFEST.MF", "Built-By: somebody");
      entry(zip, "kernel.py", "two");
      entry(zip, "io/x/A.class", "one");
    }
    String hash = CodeHash.of(List.of(classes));
    assertThat(CodeHash.of(List.of(archive))).isEqualTo(hash).hasSize(64);

    Files.writeString(classes.resolve("kernel.py"), "another two");
    assertThat(CodeHash.of(List.of(classes))).isNotEqualTo(hash);
    assertThat(CodeHash.ofProgram()).hasSize(64).isEqualTo(CodeHash.ofProgram());
  }

  private static void entry(ZipOutputStream zip, String name, String text) throws IOException {
    zip.putNextEntry(new ZipEntry(name));
    zip.write(text.getBytes());
    zip.closeEntry();
  }
}
