package io.rlhf4j.launcher.ppo;

import java.nio.file.Path;

/**
 * What a role starts from.
 *
 * @param modelDirectory local Hugging Face directory
 * @param settingsJson the role's settings, a JSON object
 */
public record RoleModel(Path modelDirectory, String settingsJson) {}
