package io.rlhf4j.launcher;

import picocli.CommandLine.IVersionProvider;

/** What {@code rlhf --version} prints. */
public final class Version implements IVersionProvider {

  /** The number, or {@code (not packaged)} while tests run on class directories. */
  public static String number() {
    // The manifest has it.
    String version = Main.class.getPackage().getImplementationVersion();
    return version == null ? "(not packaged)" : version;
  }

  @Override
  public String[] getVersion() {
    String java = System.getProperty("java.vendor") + " " + Runtime.version();
    return new String[] {"rlhf4j " + number() + ", Java " + java};
  }
}
