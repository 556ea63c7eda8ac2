package io.rlhf4j.launcher;

import picocli.CommandLine.IVersionProvider;

/** What {@code rlhf --version} prints. */
final class Version implements IVersionProvider {

  @Override
  public String[] getVersion() {
    // The manifest has it; there is none while tests run on class directories.
    String version = Main.class.getPackage().getImplementationVersion();
    String java = System.getProperty("java.vendor") + " " + Runtime.version();
    return new String[] {"rlhf4j " + (version == null ? "(not packaged)" : version) + ", Java " + java};
  }
}
