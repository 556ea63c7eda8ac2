package io.rlhf4j.tensor;

import ai.djl.pytorch.jni.NativeBridge;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * Packs the kernel sources into a TorchScript archive and loads it, once per JVM.
 *
 * <p>An archive is an uncompressed zip of four small entries; the weights stay outside it, so that Java owns them.
 */
final class KernelArchive {

  /** Archives below version 10 run their operators through legacy upgraders. */
  private static final String FORMAT_VERSION = "10\n";

  private KernelArchive() {}

  static long module() {
    return Loaded.MODULE;
  }

  private static final class Loaded {
    static final long MODULE = loadVariant();

    private static long loadVariant() {
      try {
        return load(KernelSource.compose(KernelSource.readAll(KernelSource.WITH_MKL)));
      } catch (KernelException absent) {
        // A mistake in any other kernel shows here again.
        return load(KernelSource.compose(KernelSource.readAll(KernelSource.WITHOUT_MKL)));
      }
    }
  }

  static long load(String source) {
    LibTorch.ready();
    try {
      Path file = Files.createTempFile("rlhf4j-kernels", ".pt");
      try {
        Files.write(file, pack(source));
        return NativeBridge.loadModule(file.toString());
      } finally {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write the kernel archive to " + System.getProperty("java.io.tmpdir"), e);
    } catch (ai.djl.engine.EngineException e) {
      throw new KernelException("(loading)", e);
    }
  }

  private static byte[] pack(String source) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
      store(zip, "version", FORMAT_VERSION.getBytes(StandardCharsets.US_ASCII));
      store(zip, "data.pkl", moduleObject());
      store(zip, "constants.pkl", new byte[] {(byte) 0x80, 2, ')', '.'});
      store(zip, "code/__torch__.py", source.getBytes(StandardCharsets.UTF_8));
    }
    return bytes.toByteArray();
  }

  private static void store(ZipOutputStream zip, String name, byte[] content) throws IOException {
    ZipEntry entry = new ZipEntry("kernels/" + name);
    CRC32 crc = new CRC32();
    crc.update(content);
    entry.setMethod(ZipEntry.STORED);
    entry.setSize(content.length);
    entry.setCrc(crc.getValue());
    zip.putNextEntry(entry);
    zip.write(content);
    zip.closeEntry();
  }

  /** Pickle of an instance of {@code __torch__.Kernels} with the one attribute {@code training = True}. */
  private static byte[] moduleObject() throws IOException {
    ByteArrayOutputStream pickle = new ByteArrayOutputStream();
    pickle.write(new byte[] {(byte) 0x80, 2});
    pickle.write("c__torch__\nKernels\n".getBytes(StandardCharsets.US_ASCII));
    pickle.write(new byte[] {')', (byte) 0x81, '}', '(', 'X', 8, 0, 0, 0});
    pickle.write("training".getBytes(StandardCharsets.US_ASCII));
    pickle.write(new byte[] {(byte) 0x88, 'u', 'b', '.'});
    return pickle.toByteArray();
  }

  static String resource(String name) {
    try (InputStream in = KernelArchive.class.getResourceAsStream("/kernels/" + name)) {
      if (in == null) {
        throw new IllegalStateException("kernel source " + name + " is missing from the class path");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
