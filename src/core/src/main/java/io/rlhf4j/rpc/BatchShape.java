package io.rlhf4j.rpc;

import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.ToIntFunction;

/**
 * How to read a request stream of one header and then items.
 *
 * @param isHeader whether a message is the header
 * @param header the header of such a message
 * @param items how many items the header announces
 * @param item the item of any other message; throws {@link IllegalArgumentException} when it is malformed
 * @param <Q> message
 * @param <H> header
 * @param <T> item
 */
public record BatchShape<Q, H, T>(Predicate<Q> isHeader, Function<Q, H> header, ToIntFunction<H> items,
    Function<Q, T> item) {}
