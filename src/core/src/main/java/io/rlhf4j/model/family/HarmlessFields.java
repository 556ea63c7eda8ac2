package io.rlhf4j.model.family;

import java.util.Set;

/** Fields that do not change what a decoder computes here. */
final class HarmlessFields {

  private static final Set<String> ORIGIN = Set.of("_name_or_path", "transformers_version", "torch_dtype", "dtype",
      "auto_map", "task_specific_params", "_attn_implementation_autoset", "attn_implementation");
  private static final Set<String> TOKENS = Set.of("bos_token_id", "eos_token_id", "pad_token_id", "unk_token_id",
      "sep_token_id", "cls_token_id", "decoder_start_token_id", "tokenizer_class");
  private static final Set<String> TRAINING = Set.of("initializer_range", "gradient_checkpointing", "problem_type",
      "attention_dropout", "hidden_dropout", "classifier_dropout", "resid_pdrop", "embd_pdrop", "attn_pdrop",
      "summary_first_dropout", "pretraining_tp");
  private static final Set<String> CALLS = Set.of("use_cache", "cache_implementation", "output_attentions",
      "output_hidden_states", "return_dict", "is_decoder", "torchscript", "chunk_size_feed_forward");
  private static final Set<String> HEADS = Set.of("id2label", "label2id", "num_labels", "summary_type",
      "summary_use_proj", "summary_activation", "summary_proj_to_labels");
  private static final Set<String> OTHERS = Set.of("original_max_position_embeddings", "n_ctx", "sliding_window",
      "max_window_layers", "layer_types", "rope_theta");

  private HarmlessFields() {}

  /** Why the field has no effect; empty if it is not known. */
  static String reason(String field) {
    if (ORIGIN.contains(field)) {
      return "says where the files come from";
    }
    if (TOKENS.contains(field)) {
      return "the tokenizer decides";
    }
    if (TRAINING.contains(field)) {
      return "initialisation and dropout: dropout is off here";
    }
    if (CALLS.contains(field)) {
      return "a default of calls in Python";
    }
    if (HEADS.contains(field)) {
      return "read with a score head";
    }
    return OTHERS.contains(field) ? "without effect beside the other fields" : "";
  }
}
