/**
 * Model families: how each one's {@code config.json} and tensor names map to one description of a decoder.
 *
 * <p>{@code io.rlhf4j.model} and {@code rlhf inspect} call this package. Everything here is plain data without tensors,
 * except the arithmetic of rotary frequencies; any thread may use it.
 *
 * <pre>{@code
 * ConfigFields fields = ConfigFields.read(directory);
 * ModelFamily family = ModelFamilies.of(fields);
 * DecoderShape shape = family.describe(fields);
 * fields.refuseUnsupported();
 * }</pre>
 */
@NullMarked
package io.rlhf4j.model.family;

import org.jspecify.annotations.NullMarked;
