"""The public headers of Ingot as ctypes knows them.

Made by tools/python_interface.py: not to be changed by hand."""
# fmt: off
from ctypes import (CFUNCTYPE, POINTER, Structure, c_bool, c_char, c_char_p, c_double, c_float,
                    c_int, c_size_t, c_uint8, c_uint64, c_void_p)
from typing import Any, Dict, List, Tuple

VERSION = "0.2"
IG_OK = 0
IG_ERROR_ARGUMENT = 1
IG_ERROR_IO = 2
IG_ERROR_FORMAT = 3
IG_ERROR_MEMORY = 4
IG_ERROR_UNSUPPORTED = 5
IG_ERROR_DIVERGED = 6
IG_INTERRUPTED = 7


class ig_error(Structure):
    _fields_ = [
        ("status", c_int),
        ("message", c_char * 1024),
    ]


IG_LEVEL_INFO = 0
IG_LEVEL_WARNING = 1


class ig_progress(Structure):
    _fields_ = [
        ("what", c_char_p),
        ("done", c_double),
        ("total", c_double),
        ("unit", c_char_p),
        ("rate", c_double),
        ("rate_unit", c_char_p),
        ("note", c_char * 128),
        ("seconds_left", c_double),
    ]


class ig_reporter(Structure):
    _fields_ = [
        ("message", CFUNCTYPE(None, c_void_p, c_int, c_char_p)),
        ("progress", CFUNCTYPE(None, c_void_p, POINTER(ig_progress))),
        ("context", c_void_p),
    ]


IG_BAD_BYTES_REPAIR = 0
IG_BAD_BYTES_REFUSE = 1
IG_BAD_BYTES_KEEP = 2


class ig_lines_options(Structure):
    _fields_ = [
        ("bad_bytes", c_int),
        ("reporter", ig_reporter),
        ("interrupter", c_void_p),
    ]


class ig_vocabulary_facts(Structure):
    _fields_ = [
        ("source_size", c_int),
        ("target_size", c_int),
        ("pad_id", c_int),
        ("bos_id", c_int),
        ("eos_id", c_int),
        ("decoder_start_id", c_int),
    ]


class ig_torch_options(Structure):
    _fields_ = [
        ("vocab_size", c_int),
        ("d_model", c_int),
        ("nhead", c_int),
        ("num_encoder_layers", c_int),
        ("num_decoder_layers", c_int),
        ("dim_feedforward", c_int),
        ("dropout", c_float),
        ("norm_first", c_bool),
        ("activation", c_char_p),
    ]


class ig_tensor_view(Structure):
    _fields_ = [
        ("name", c_char_p),
        ("rank", c_int),
        ("shape", c_size_t * 4),
        ("values", POINTER(c_float)),
        ("gradient", POINTER(c_float)),
    ]


class ig_mask(Structure):
    _fields_ = [
        ("boolean", POINTER(c_uint8)),
        ("additive", POINTER(c_float)),
        ("per_head", c_bool),
    ]


class ig_masks(Structure):
    _fields_ = [
        ("src", ig_mask),
        ("tgt", ig_mask),
        ("memory", ig_mask),
        ("src_key_padding", ig_mask),
        ("tgt_key_padding", ig_mask),
        ("memory_key_padding", ig_mask),
        ("src_is_causal", c_bool),
        ("tgt_is_causal", c_bool),
        ("memory_is_causal", c_bool),
    ]


class ig_batch(Structure):
    _fields_ = [
        ("sequences", c_int),
        ("source", POINTER(c_int)),
        ("source_offsets", POINTER(c_int)),
        ("target_input", POINTER(c_int)),
        ("target_output", POINTER(c_int)),
        ("target_offsets", POINTER(c_int)),
        ("masks", POINTER(ig_masks)),
    ]


IG_OPTIMIZER_ADAM = 0
IG_OPTIMIZER_ADAMW = 1
IG_OPTIMIZER_NONE = 2


class ig_optimizer_options(Structure):
    _fields_ = [
        ("kind", c_int),
        ("beta1", c_float),
        ("beta2", c_float),
        ("eps", c_float),
        ("weight_decay", c_float),
        ("clip_norm", c_float),
    ]


class ig_group_options(Structure):
    _fields_ = [
        ("freeze", POINTER(c_char_p)),
        ("freeze_count", c_size_t),
        ("no_decay", POINTER(c_char_p)),
        ("no_decay_count", c_size_t),
        ("layer_decay", c_double),
    ]


class ig_trainer_options(Structure):
    _fields_ = [
        ("optimizer", ig_optimizer_options),
        ("label_smoothing", c_float),
        ("seed", c_uint64),
        ("threads", c_int),
        ("recompute", c_bool),
        ("groups", ig_group_options),
        ("compute", c_char_p),
    ]


class ig_loss(Structure):
    _fields_ = [
        ("loss", c_double),
        ("nll", c_double),
        ("tokens", c_size_t),
    ]


class ig_train_options(Structure):
    _fields_ = [
        ("set", POINTER(c_char_p)),
        ("set_count", c_size_t),
        ("threads", c_int),
        ("stats_path", c_char_p),
        ("reporter", ig_reporter),
        ("interrupter", c_void_p),
        ("metrics", CFUNCTYPE(None, c_void_p, c_char_p)),
        ("metrics_context", c_void_p),
        ("dry_run", c_bool),
        ("cluster", c_void_p),
    ]


class ig_train_draw_options(Structure):
    _fields_ = [
        ("title", c_char_p),
        ("reporter", ig_reporter),
    ]


IG_SPLIT_SENTENCES_AUTO = 0
IG_SPLIT_SENTENCES_OFF = 1
IG_SWITCH_MODEL = 0
IG_SWITCH_ON = 1
IG_SWITCH_OFF = 2
IG_SCORE_COLUMNS_AUTO = 0
IG_SCORE_COLUMNS_SENTENCE = 1
IG_SCORE_COLUMNS_TOKENS = 2


class ig_sampling_options(Structure):
    _fields_ = [
        ("on", c_int),
        ("temperature", c_float),
        ("top_k", c_int),
        ("top_p", c_float),
        ("min_p", c_float),
        ("seed", c_uint64),
    ]


class ig_token_alignment(Structure):
    _fields_ = [
        ("line", c_size_t),
        ("hypothesis", c_int),
        ("ends_line", c_bool),
        ("source_count", c_int),
        ("target_count", c_int),
        ("source_ids", POINTER(c_int)),
        ("target_ids", POINTER(c_int)),
        ("source_pieces", POINTER(c_char_p)),
        ("target_pieces", POINTER(c_char_p)),
        ("source_positions", POINTER(c_int)),
        ("target_positions", POINTER(c_int)),
        ("weights", POINTER(c_float)),
        ("links", POINTER(c_int)),
    ]


class ig_alignment_options(Structure):
    _fields_ = [
        ("write", CFUNCTYPE(c_int, c_void_p, POINTER(ig_token_alignment), POINTER(ig_error))),
        ("context", c_void_p),
        ("layer", c_int),
        ("head", c_int),
    ]


class ig_token_event(Structure):
    _fields_ = [
        ("line", c_size_t),
        ("sentence", c_size_t),
        ("ids", POINTER(c_int)),
        ("count", c_int),
        ("text", c_char_p),
    ]


class ig_token_options(Structure):
    _fields_ = [
        ("write", CFUNCTYPE(c_int, c_void_p, POINTER(ig_token_event), POINTER(ig_error))),
        ("context", c_void_p),
    ]


class ig_translator_options(Structure):
    _fields_ = [
        ("beam_size", c_int),
        ("n_best", c_int),
        ("min_length", c_int),
        ("max_length", c_int),
        ("length_penalty", c_float),
        ("no_repeat_ngram", c_int),
        ("threads", c_int),
        ("workers", c_int),
        ("batch_tokens", c_int),
        ("ids_in", c_bool),
        ("ids_out", c_bool),
        ("type", c_char_p),
        ("strict", c_bool),
        ("split_sentences", c_int),
        ("source_language", c_char_p),
        ("target_language", c_char_p),
        ("interrupter", c_void_p),
        ("sampling", ig_sampling_options),
        ("repetition_penalty", c_float),
        ("alignments", ig_alignment_options),
        ("keep_unknown", c_bool),
        ("glossary", c_char_p),
        ("early_stopping", c_char_p),
        ("max_length_factor", c_float),
        ("prefix", c_char_p),
        ("bad_words", c_char_p),
        ("score_columns", c_int),
        ("target_prefix", c_char_p),
        ("on_token", ig_token_options),
        ("draft", c_char_p),
        ("draft_tokens", c_int),
        ("shortlist", c_char_p),
        ("alternatives", c_int),
    ]


class ig_translate_stats(Structure):
    _fields_ = [
        ("sentences", c_size_t),
        ("source_tokens", c_size_t),
        ("target_tokens", c_size_t),
        ("truncated", c_size_t),
        ("load_seconds", c_double),
        ("seconds", c_double),
        ("threads", c_int),
        ("workers", c_int),
        ("repaired", c_size_t),
        ("lines", c_size_t),
        ("unknown_codes", c_size_t),
        ("unknown_sources", c_size_t),
        ("unknown_targets", c_size_t),
        ("empty", c_size_t),
        ("unfinished", c_size_t),
        ("unknown_outputs", c_size_t),
        ("divided", c_size_t),
        ("empty_outputs", c_size_t),
        ("late_codes", c_size_t),
        ("kept_unknowns", c_size_t),
        ("glossary_terms", c_size_t),
        ("missing_terms", c_size_t),
        ("excluded_terms", c_size_t),
        ("drafted_tokens", c_size_t),
        ("accepted_tokens", c_size_t),
        ("draft_steps", c_size_t),
        ("listed_sentences", c_size_t),
        ("listed_tokens", c_size_t),
    ]


IG_MEAN_ARITHMETIC = 0
IG_MEAN_GEOMETRIC = 1


class ig_ensemble_member(Structure):
    _fields_ = [
        ("directory", c_char_p),
        ("weight", c_double),
    ]


class ig_ensemble(Structure):
    _fields_ = [
        ("members", POINTER(ig_ensemble_member)),
        ("count", c_size_t),
        ("mean", c_int),
    ]


class ig_engine_options(Structure):
    _fields_ = [
        ("threads", c_int),
        ("workers", c_int),
        ("type", c_char_p),
        ("ids_only", c_bool),
        ("draft", c_char_p),
    ]


class ig_line_stream(Structure):
    _fields_ = [
        ("read", CFUNCTYPE(c_int, c_void_p, POINTER(c_char_p), POINTER(c_size_t),
            POINTER(ig_error))),
        ("write", CFUNCTYPE(c_int, c_void_p, POINTER(c_char), c_size_t, POINTER(ig_error))),
        ("context", c_void_p),
        ("ready", CFUNCTYPE(c_bool, c_void_p)),
        ("lines_before", c_size_t),
        ("total", c_size_t),
        ("name", c_char_p),
        ("cluster", c_void_p),
    ]


class ig_generate_args(Structure):
    _fields_ = [
        ("source", POINTER(c_int)),
        ("source_length", c_int),
        ("max_length", c_int),
    ]


class ig_fuse_options(Structure):
    _fields_ = [
        ("threads", c_int),
        ("sha256", c_bool),
        ("shard_bytes", c_size_t),
        ("report_path", c_char_p),
        ("reporter", ig_reporter),
        ("score", CFUNCTYPE(c_int, c_void_p, c_char_p, POINTER(c_double), POINTER(ig_error))),
        ("score_context", c_void_p),
        ("interrupter", c_void_p),
        ("statistics_directory", c_char_p),
        ("score_identity", c_char_p),
        ("allow_commands", c_bool),
        ("score_files", POINTER(c_char_p)),
        ("score_file_count", c_size_t),
    ]


class ig_convert_options(Structure):
    _fields_ = [
        ("type", c_char_p),
        ("shard_bytes", c_size_t),
        ("reporter", ig_reporter),
        ("interrupter", c_void_p),
    ]


class ig_inspect_options(Structure):
    _fields_ = [
        ("json", c_bool),
        ("batch_tokens", c_int),
        ("length", c_int),
        ("beam_size", c_int),
        ("threads", c_int),
        ("type", c_char_p),
    ]


class ig_texts_options(Structure):
    _fields_ = [
        ("log_probs", c_bool),
        ("alignments", c_bool),
        ("reporter", ig_reporter),
    ]


class ig_translation(Structure):
    _fields_ = [
        ("text", c_char_p),
        ("ids", POINTER(c_int)),
        ("count", c_int),
        ("score", c_float),
        ("log_probs", POINTER(c_float)),
        ("alignment", POINTER(ig_token_alignment)),
    ]


class ig_translated_text(Structure):
    _fields_ = [
        ("status", c_int),
        ("message", c_char_p),
        ("text", c_char_p),
        ("sentences", c_size_t),
        ("translations", POINTER(ig_translation)),
    ]


class ig_translations(Structure):
    _fields_ = [
        ("count", c_size_t),
        ("n_best", c_int),
        ("texts", POINTER(ig_translated_text)),
    ]


IG_POST_PROCESSING_PIPELINE = 0
IG_POST_PROCESSING_RUN_QA = 1


class ig_answerer_options(Structure):
    _fields_ = [
        ("threads", c_int),
        ("workers", c_int),
        ("type", c_char_p),
        ("post_processing", c_int),
        ("n_best", c_int),
        ("max_answer_length", c_int),
        ("max_length", c_int),
        ("stride", c_int),
        ("no_answer", c_bool),
        ("null_threshold", c_double),
        ("part_words", c_bool),
        ("batch_tokens", c_int),
        ("interrupter", c_void_p),
        ("beam_size", c_int),
        ("length_penalty", c_float),
        ("passages", c_bool),
    ]


class ig_question(Structure):
    _fields_ = [
        ("question", c_char_p),
        ("context", c_char_p),
    ]


class ig_answer(Structure):
    _fields_ = [
        ("text", c_char_p),
        ("begin", c_size_t),
        ("end", c_size_t),
        ("start_code", c_size_t),
        ("end_code", c_size_t),
        ("score", c_double),
        ("start_logit", c_float),
        ("end_logit", c_float),
        ("placed", c_bool),
        ("passage", c_char_p),
        ("passage_begin", c_size_t),
        ("passage_start_code", c_size_t),
        ("passage_end_code", c_size_t),
    ]


class ig_answers(Structure):
    _fields_ = [
        ("list", POINTER(ig_answer)),
        ("count", c_size_t),
        ("chosen", c_int),
        ("null_odds", c_double),
        ("nothing_found", c_bool),
        ("problem", c_char_p),
        ("generated", c_bool),
    ]


class ig_answer_files(Structure):
    _fields_ = [
        ("questions", c_char_p),
        ("predictions", c_char_p),
        ("n_best", c_char_p),
        ("null_odds", c_char_p),
        ("reporter", POINTER(ig_reporter)),
    ]


class ig_answer_stats(Structure):
    _fields_ = [
        ("questions", c_size_t),
        ("windows", c_size_t),
        ("tokens", c_size_t),
        ("problems", c_size_t),
        ("seconds", c_double),
        ("load_seconds", c_double),
        ("threads", c_int),
        ("generated_tokens", c_size_t),
    ]


class ig_held_out_questions_options(Structure):
    _fields_ = [
        ("exact", c_bool),
        ("answering", ig_answerer_options),
        ("reporter", POINTER(ig_reporter)),
    ]


IG_METRIC_BLEU = 0
IG_METRIC_CHRF = 1
IG_METRIC_TER = 2
IG_METRIC_ROUGE_1 = 3
IG_METRIC_ROUGE_2 = 4
IG_METRIC_ROUGE_L = 5
IG_METRIC_ROUGE_LSUM = 6


class ig_score_options(Structure):
    _fields_ = [
        ("metric", c_int),
        ("tokenize", c_char_p),
        ("lowercase", c_bool),
        ("chrf_word_order", c_int),
        ("strict", c_bool),
        ("effective_order", c_bool),
        ("reference_count", c_size_t),
        ("ter_case_sensitive", c_bool),
        ("ter_normalized", c_bool),
        ("ter_no_punctuation", c_bool),
        ("ter_asian", c_bool),
        ("rouge_stemmer", c_bool),
        ("rouge_sentence_end", c_char_p),
    ]


class ig_score(Structure):
    _fields_ = [
        ("value", c_double),
        ("line", c_char * 512),
        ("repaired", c_size_t),
        ("wordless", c_size_t),
    ]


IG_PAIRED_TEST_RANDOMISATION = 0
IG_PAIRED_TEST_BOOTSTRAP = 1


class ig_resampling(Structure):
    _fields_ = [
        ("test", c_int),
        ("resamples", c_int),
        ("trials", c_int),
        ("seed", POINTER(c_uint64)),
        ("interval", c_bool),
    ]


class ig_interval(Structure):
    _fields_ = [
        ("mean", c_double),
        ("half", c_double),
    ]


class ig_resampled(Structure):
    _fields_ = [
        ("value", c_double),
        ("baseline_value", c_double),
        ("has_interval", c_bool),
        ("interval", ig_interval),
        ("baseline_interval", ig_interval),
        ("p_value", c_double),
        ("equal", c_bool),
    ]


class ig_resampled_lines(Structure):
    _fields_ = [
        ("hypotheses", POINTER(c_char_p)),
        ("baseline", POINTER(c_char_p)),
        ("references", POINTER(c_char_p)),
        ("count", c_size_t),
    ]


IG_SQUAD_RULES_FILE = 0
IG_SQUAD_RULES_V1 = 1
IG_SQUAD_RULES_V2 = 2
IG_SQUAD_RULES_MLQA = 3
IG_SQUAD_RULES_CMRC = 4


class ig_squad_question_score(Structure):
    _fields_ = [
        ("id", c_char_p),
        ("prediction", c_char_p),
        ("answer", c_char_p),
        ("exact", c_double),
        ("f1", c_double),
    ]


class ig_squad_options(Structure):
    _fields_ = [
        ("rules", c_int),
        ("language", c_char_p),
        ("null_odds", c_char_p),
        ("null_threshold", POINTER(c_double)),
        ("resampling", POINTER(ig_resampling)),
        ("baselines", POINTER(c_char_p)),
        ("baseline_count", c_size_t),
        ("resampled_exact", POINTER(ig_resampled)),
        ("resampled_f1", POINTER(ig_resampled)),
        ("reporter", ig_reporter),
        ("question_context", c_void_p),
        ("question", CFUNCTYPE(None, c_void_p, POINTER(ig_squad_question_score))),
        ("resample_articles", c_bool),
    ]


class ig_squad_part(Structure):
    _fields_ = [
        ("total", c_size_t),
        ("exact", c_double),
        ("f1", c_double),
    ]


class ig_squad_score(Structure):
    _fields_ = [
        ("rules", c_int),
        ("all", ig_squad_part),
        ("answerable", ig_squad_part),
        ("unanswerable", ig_squad_part),
        ("has_best", c_bool),
        ("best_exact", c_double),
        ("best_exact_threshold", c_double),
        ("best_f1", c_double),
        ("best_f1_threshold", c_double),
        ("missing", c_size_t),
        ("unknown", c_size_t),
        ("empty", c_size_t),
        ("uncut", c_size_t),
    ]


class ig_held_out_options(Structure):
    _fields_ = [
        ("sources", POINTER(c_char_p)),
        ("references", POINTER(c_char_p)),
        ("count", c_size_t),
        ("score", ig_score_options),
        ("beam_size", c_int),
        ("threads", c_int),
        ("interrupter", c_void_p),
        ("others", POINTER(ig_score_options)),
        ("other_count", c_size_t),
        ("other_scores", POINTER(c_double)),
        ("shortlist", c_char_p),
        ("loss", c_bool),
        ("stats", POINTER(ig_translate_stats)),
    ]


class ig_held_out_command_options(Structure):
    _fields_ = [
        ("command", c_char_p),
        ("interrupter", c_void_p),
    ]


# name: (result, parameters)
FUNCTIONS: Dict[str, Tuple[Any, List[Any]]] = {
    "ig_version": (c_char_p, []),
    "ig_status_name": (c_char_p, [c_int]),
    "ig_clean_text": (None, [c_char_p, c_bool]),
    "ig_lines_open": (c_int, [c_char_p, POINTER(ig_lines_options), POINTER(c_void_p),
        POINTER(ig_error)]),
    "ig_lines_next": (c_int, [c_void_p, POINTER(c_char_p), POINTER(c_size_t), POINTER(ig_error)]),
    "ig_lines_ready": (c_bool, [c_void_p]),
    "ig_lines_number": (c_size_t, [c_void_p]),
    "ig_lines_repaired": (c_size_t, [c_void_p]),
    "ig_lines_close": (None, [c_void_p]),
    "ig_isa_name": (c_int, [POINTER(c_char_p), POINTER(ig_error)]),
    "ig_isa_supported": (c_char_p, [c_size_t]),
    "ig_cpu_count": (c_int, []),
    "ig_peak_memory": (c_size_t, []),
    "ig_cpu_name": (None, [c_char_p]),
    "ig_interrupter_create": (c_int, [POINTER(c_void_p), POINTER(ig_error)]),
    "ig_interrupter_free": (None, [c_void_p]),
    "ig_interrupt": (None, [c_void_p]),
    "ig_interrupter_reset": (None, [c_void_p]),
    "ig_config_create": (c_int, [c_char_p, c_char_p, POINTER(c_void_p), POINTER(ig_error)]),
    "ig_config_load": (c_int, [c_char_p, POINTER(c_void_p), POINTER(ig_error)]),
    "ig_config_free": (None, [c_void_p]),
    "ig_config_json": (c_int, [c_void_p, POINTER(c_void_p), POINTER(ig_error)]),
    "ig_config_family": (c_char_p, [c_void_p]),
    "ig_config_vocabulary": (ig_vocabulary_facts, [c_void_p]),
    "ig_torch_options_default": (ig_torch_options, []),
    "ig_config_torch": (c_int, [POINTER(ig_torch_options), POINTER(c_void_p), POINTER(ig_error)]),
    "ig_model_create": (c_int, [c_void_p, c_uint64, POINTER(c_void_p), POINTER(ig_error)]),
    "ig_model_load": (c_int, [c_char_p, POINTER(c_void_p), POINTER(ig_error)]),
    "ig_model_save": (c_int, [c_void_p, c_char_p, c_char_p, POINTER(ig_error)]),
    "ig_model_free": (None, [c_void_p]),
    "ig_model_name_split": (c_size_t, [c_char_p, POINTER(c_char_p)]),
    "ig_model_name_find": (c_int, [c_char_p, POINTER(c_void_p), POINTER(c_char_p),
        POINTER(ig_error)]),
    "ig_model_config": (c_void_p, [c_void_p]),
    "ig_model_stored_type": (c_char_p, [c_void_p]),
    "ig_model_parameters": (c_size_t, [c_void_p]),
    "ig_model_tensors": (c_size_t, [c_void_p]),
    "ig_model_tensor": (c_int, [c_void_p, c_size_t, POINTER(ig_tensor_view), POINTER(ig_error)]),
    "ig_model_find": (c_int, [c_void_p, c_char_p, POINTER(ig_tensor_view), POINTER(ig_error)]),
    "ig_trainer_options_default": (ig_trainer_options, []),
    "ig_trainer_create": (c_int, [c_void_p, POINTER(ig_trainer_options), POINTER(c_void_p),
        POINTER(ig_error)]),
    "ig_trainer_free": (None, [c_void_p]),
    "ig_trainer_forward": (c_int, [c_void_p, POINTER(ig_batch), POINTER(c_float), POINTER(ig_loss),
        POINTER(ig_error)]),
    "ig_trainer_accumulate": (c_int, [c_void_p, POINTER(ig_batch), c_double, POINTER(ig_loss),
        POINTER(ig_error)]),
    "ig_trainer_update": (c_int, [c_void_p, c_float, POINTER(c_double), POINTER(ig_error)]),
    "ig_trainer_zero_gradients": (None, [c_void_p]),
    "ig_train": (c_int, [c_char_p, POINTER(ig_train_options), POINTER(ig_error)]),
    "ig_train_draw": (c_int, [POINTER(c_char_p), c_size_t, c_char_p, POINTER(ig_train_draw_options),
        POINTER(ig_error)]),
    "ig_translator_options_default": (ig_translator_options, []),
    "ig_translator_open": (c_int, [c_char_p, POINTER(ig_translator_options), POINTER(c_void_p),
        POINTER(ig_error)]),
    "ig_translator_open_ensemble": (c_int, [POINTER(ig_ensemble), POINTER(ig_translator_options),
        POINTER(c_void_p), POINTER(ig_error)]),
    "ig_engine_options_default": (ig_engine_options, []),
    "ig_engine_open": (c_int, [POINTER(ig_ensemble), POINTER(ig_engine_options), POINTER(c_void_p),
        POINTER(ig_error)]),
    "ig_engine_free": (None, [c_void_p]),
    "ig_translator_open_on": (c_int, [c_void_p, POINTER(ig_translator_options), POINTER(c_void_p),
        POINTER(ig_error)]),
    "ig_translator_free": (None, [c_void_p]),
    "ig_translate": (c_int, [c_void_p, c_char_p, POINTER(c_void_p), POINTER(ig_error)]),
    "ig_translate_lines": (c_int, [c_void_p, POINTER(ig_line_stream), POINTER(ig_reporter),
        POINTER(ig_error)]),
    "ig_score_targets": (c_int, [c_void_p, POINTER(ig_line_stream), CFUNCTYPE(c_int, c_void_p,
        POINTER(c_char_p), POINTER(c_size_t), POINTER(ig_error)), POINTER(ig_reporter),
        POINTER(ig_error)]),
    "ig_translator_stats": (ig_translate_stats, [c_void_p]),
    "ig_generate": (c_int, [c_void_p, POINTER(ig_generate_args), POINTER(c_int), POINTER(c_int),
        POINTER(ig_error)]),
    "ig_fuse_options_default": (ig_fuse_options, []),
    "ig_fuse": (c_int, [c_char_p, c_char_p, POINTER(ig_fuse_options), POINTER(ig_error)]),
    "ig_fuse_describe": (c_int, [c_char_p, c_char_p, POINTER(ig_fuse_options), POINTER(c_void_p),
        POINTER(ig_error)]),
    "ig_fuse_verify": (c_int, [c_char_p, c_bool, c_int, POINTER(c_void_p), POINTER(c_bool),
        POINTER(ig_error)]),
    "ig_fuse_draw": (c_int, [c_char_p, c_char_p, POINTER(ig_error)]),
    "ig_convert_options_default": (ig_convert_options, []),
    "ig_convert": (c_int, [c_char_p, c_char_p, POINTER(ig_convert_options), POINTER(ig_error)]),
    "ig_inspect_options_default": (ig_inspect_options, []),
    "ig_inspect": (c_int, [c_char_p, POINTER(ig_inspect_options), POINTER(c_void_p),
        POINTER(ig_error)]),
    "ig_translate_texts": (c_int, [c_void_p, POINTER(c_char_p), c_size_t, POINTER(ig_texts_options),
        POINTER(POINTER(ig_translations)), POINTER(ig_error)]),
    "ig_translations_free": (None, [POINTER(ig_translations)]),
    "ig_submit_texts": (c_int, [c_void_p, POINTER(c_char_p), c_size_t, POINTER(ig_texts_options),
        POINTER(c_void_p), POINTER(ig_error)]),
    "ig_future_ready": (c_bool, [c_void_p]),
    "ig_future_wait": (c_int, [c_void_p, POINTER(POINTER(ig_translations)), POINTER(ig_error)]),
    "ig_future_free": (None, [c_void_p]),
    "ig_answerer_options_default": (ig_answerer_options, []),
    "ig_answerer_open": (c_int, [POINTER(ig_ensemble), POINTER(ig_answerer_options),
        POINTER(c_void_p), POINTER(ig_error)]),
    "ig_answerer_free": (None, [c_void_p]),
    "ig_answerer_generates": (c_bool, [c_void_p]),
    "ig_answers_free": (None, [POINTER(ig_answers)]),
    "ig_answerer_run": (c_int, [c_void_p, POINTER(ig_question), c_size_t, POINTER(ig_answers),
        POINTER(ig_error)]),
    "ig_answer_squad": (c_int, [c_void_p, POINTER(ig_answer_files), POINTER(ig_error)]),
    "ig_answer_lines": (c_int, [c_void_p, POINTER(ig_line_stream), POINTER(ig_reporter),
        POINTER(ig_error)]),
    "ig_answerer_stats": (ig_answer_stats, [c_void_p]),
    "ig_held_out_questions_options_default": (ig_held_out_questions_options, []),
    "ig_held_out_questions_open": (c_int, [c_char_p, POINTER(ig_held_out_questions_options),
        POINTER(c_void_p), POINTER(ig_error)]),
    "ig_held_out_questions_free": (None, [c_void_p]),
    "ig_score_held_out_questions": (c_int, [c_void_p, c_char_p, POINTER(c_double),
        POINTER(ig_error)]),
    "ig_score_lines": (c_int, [POINTER(ig_score_options), POINTER(c_char_p), POINTER(c_char_p),
        c_size_t, POINTER(ig_score), POINTER(ig_error)]),
    "ig_score_resampled": (c_int, [POINTER(ig_score_options), POINTER(ig_resampling),
        POINTER(ig_resampled_lines), POINTER(ig_resampled), POINTER(ig_error)]),
    "ig_score_squad": (c_int, [POINTER(ig_squad_options), c_char_p, c_char_p,
        POINTER(ig_squad_score), POINTER(ig_error)]),
    "ig_held_out_options_default": (ig_held_out_options, []),
    "ig_score_held_out": (c_int, [c_void_p, c_char_p, POINTER(c_double), POINTER(ig_error)]),
    "ig_held_out_command_options_default": (ig_held_out_command_options, []),
    "ig_score_held_out_command": (c_int, [c_void_p, c_char_p, POINTER(c_double),
        POINTER(ig_error)]),
}
