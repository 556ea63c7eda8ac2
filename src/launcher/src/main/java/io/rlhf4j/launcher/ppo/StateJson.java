package io.rlhf4j.launcher.ppo;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JavaType;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.jsontype.BasicPolymorphicTypeValidator;
import com.fasterxml.jackson.databind.jsontype.impl.StdTypeResolverBuilder;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import io.rlhf4j.rl.ShapingState;
import java.io.UncheckedIOException;

/** The state of reward shaping as JSON, to the last bit. The variants of sealed types carry their name. */
final class StateJson {

  private static final ObjectMapper JSON = mapper();

  private StateJson() {}

  static JsonNode write(ShapingState state) {
    return JSON.valueToTree(state);
  }

  static ShapingState read(JsonNode json) {
    try {
      return JSON.treeToValue(json, ShapingState.class);
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException("the checkpoint's state of reward shaping is not readable", e);
    }
  }

  private static ObjectMapper mapper() {
    var ours = BasicPolymorphicTypeValidator.builder().allowIfSubType("io.rlhf4j.rl.").build();
    var sealedTypes = new ObjectMapper.DefaultTypeResolverBuilder(ObjectMapper.DefaultTyping.NON_FINAL, ours) {
      private static final long serialVersionUID = 1L;

      @Override
      public boolean useForType(JavaType type) {
        return type.getRawClass().isSealed();
      }
    };
    StdTypeResolverBuilder resolver = sealedTypes.init(JsonTypeInfo.Id.MINIMAL_CLASS, null)
        .inclusion(JsonTypeInfo.As.PROPERTY).typeProperty("type");
    return new ObjectMapper().setDefaultTyping(resolver);
  }
}
