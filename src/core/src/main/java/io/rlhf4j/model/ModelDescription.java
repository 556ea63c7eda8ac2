package io.rlhf4j.model;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rlhf4j.config.InputException;
import io.rlhf4j.model.family.ConfigFields;
import io.rlhf4j.model.family.DecoderShape;
import io.rlhf4j.model.family.HubTensor;
import io.rlhf4j.model.family.ModelFamilies;
import io.rlhf4j.model.family.ModelFamily;
import java.nio.file.Path;

/**
 * What a {@code config.json} says.
 *
 * @param family maps names and layout of the files
 * @param shape the decoder
 * @param directory where it was read
 * @param json the whole configuration; fields that this project does not know are kept when the model is saved
 */
public record ModelDescription(ModelFamily family, DecoderShape shape, Path directory, ObjectNode json) {

  /** Field of {@code config.json} with the name of the score head, without {@code .weight}; else it is score. */
  public static final String SCORE_NAME = "value_head_prefix";

  /**
   * Reads the configuration of a model directory, or of the model to which a directory of adapters belongs.
   *
   * @throws InputException naming the field that this project does not support, its value and what would be supported
   */
  public static ModelDescription read(Path directory) {
    ConfigFields fields = ConfigFields.read(AdapterFiles.whole(directory));
    ModelDescription description = of(fields);
    fields.refuseUnsupported();
    return description;
  }

  /** The tensor of a head; that of a score head may have another name, as OpenRLHF has it ({@link #SCORE_NAME}). */
  HubTensor head(ModelFamily.Head head) {
    HubTensor usual = family.head(head);
    String name = json.path(SCORE_NAME).asText("");
    return head == ModelFamily.Head.SCORE && !name.isEmpty() ? usual.as(name + ".weight") : usual;
  }

  /** Describes a configuration; what is not supported is noted in {@code fields}. */
  public static ModelDescription of(ConfigFields fields) {
    ModelFamily family = ModelFamilies.of(fields);
    try {
      return new ModelDescription(family, family.describe(fields), fields.file().toAbsolutePath().getParent(),
          fields.json());
    } catch (InputException e) {
      String file = fields.file().toString();
      throw e.getMessage().startsWith(file) ? e : InputException.in(fields.file(), e.getMessage());
    }
  }
}
