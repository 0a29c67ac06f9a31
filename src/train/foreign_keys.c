// The names are those of fairseq, OpenNMT-py, Marian NMT, Sockeye, JoeyNMT, tensor2tensor and
// transformers' Trainer, and of configurations of models.
#include "train/foreign_keys.h"

#include <stddef.h>

// clang-format off
const ig_foreign_key ig_foreign_keys[] = {
    // ---- train: how long
    {"maxsteps maxupdate maxupdates trainsteps totalsteps numsteps nsteps steps step iterations "
     "maxiterations iters maxiters afterbatches numupdates nupdates update maxnumupdates "
     "totalnumupdate trainupdates", "train.updates", NULL},
    {"numtrainepochs maxepoch maxepochs numepochs nepochs afterepochs epoch maxnumepochs",
     "train.epochs", NULL},
    {"maxtime timelimit maxhours stoptimehours maxminutes seconds", "train.max_seconds", NULL},
    {"earlystopping earlystoppingpatience stoppatience maxnumcheckpointnotimproved",
     "train.patience", "validations without a better one"},
    // ---- train: batches
    {"maxtokens batchsize minibatch minibatchwords trainbatchsize perdevicetrainbatchsize "
     "batchwords tokensperbatch batchsizetokens minibatchsize",
     "train.batch_tokens", "a batch is so many target tokens, not sentences"},
    {"updatefreq gradientaccumulationsteps accumcount optimizerdelay gradaccum accumulationsteps "
     "accumulategradbatches batchmultiplier gradaccumsteps updateinterval",
     "train.accumulate", NULL},
    {"maxibatch shufflebuffersize poolfactor bucketsize poolsize", "train.pool_batches", NULL},
    // ---- train: optimizer
    {"lr eta learnrate baselr initiallearningrate peaklr maxlr lrpeak initlr learningrates",
     "train.learning_rate", NULL},
    {"warmupsteps warmupupdates lrwarmup numwarmupsteps warmupiters learningratewarmup "
     "learningratewarmupsteps nwarmupsteps", "train.warmup", "updates"},
    {"warmupratio", "train.warmup", "a number of updates, not a share of them"},
    {"warmupinitlearningrate lrwarmupstartrate warmupstartlr", "train.warmup_init_lr", NULL},
    {"stopminlr learningratemin minimumlr lrmin minlearningrate", "train.min_lr", NULL},
    {"lrscheduler lrschedulertype scheduler decaymethod lrdecayinvsqrt scheduling lrschedule "
     "learningrateschedule learningrateschedulertype lrdecay", "train.schedule", NULL},
    {"optim optimiser", "train.optimizer", NULL},
    {"betas adambeta1 adambeta2 beta1 beta2 optimizerparams", "train.adam_betas",
     "a list of both: [0.9, 0.98]"},
    {"eps epsilon adamepsilon", "train.adam_eps", NULL},
    {"l2 wd weightdecayrate l2reg", "train.weight_decay", NULL},
    {"layerwiselrdecay layerdecayrate llrd lrlayerdecay layerlrdecay layerwiselearningratedecay "
     "layerwiselrdecaypower", "train.layer_decay", NULL},
    {"frozen freezelayers freezeparams freezeparameters freezemodules freezeencoder "
     "freezedecoder freezeembeddings freezewordvecs fixembeddings embeddingfixsrc fixedparamnames "
     "fixedparamstrategy", "train.freeze", "a list of parts, as [embeddings, encoder.layers.0-3]"},
    {"excludefromweightdecay nodecayparams noweightdecay", "train.no_decay",
     "a list of parts, as [biases, norms]"},
    {"maxgradnorm gradientclip gradclip clipgradnorm gradientclipval gradientclipping clip "
     "clipgradient clipgradientnorm gradientclippingthreshold gradclipnorm", "train.clip_norm",
     NULL},
    {"labelsmoothingfactor smoothing smooth labelsmoothingeps", "train.label_smoothing", NULL},
    {"emadecay exponentialsmoothing mvdecay useema averagedecay", "train.ema", "a decay, as 0.999"},
    {"rdropalpha regalpha rdropweight", "train.r_drop", NULL},
    {"mlmprobability maskedlmprob maskprob mlmprob", "train.mask_probability", NULL},
    {"maskreplaceprob", "train.mask_replace_probability", NULL},
    {"randomreplaceprob", "train.random_replace_probability", NULL},
    {"fp16 bf16 precision mixedprecision half amp autocast", "train.compute train.dtype",
     "what products are computed in, float32 or bfloat16, and how the weights of best/ are "
     "stored"},
    {"gradientcheckpointing checkpointactivations activationcheckpointing", "train.recompute",
     NULL},
    {"lora peft peftconfig loraconfig usepeft uselora", "train.adapter",
     "a map, as {method: lora, rank: 8, alpha: 16, target_modules: [q_proj, v_proj]}"},
    {"r lorar lorarank loradim", "train.adapter.rank", NULL},
    {"loraalpha alphalora", "train.adapter.alpha", NULL},
    {"loratargetmodules loratarget targetmodule loramodules", "train.adapter.target_modules", NULL},
    {"loradropout", "train.adapter.dropout", NULL},
    {"usedora", "train.adapter.method", "dora"},
    // ---- train: validation, checkpoints, log
    {"evalsteps validsteps validfreq validateintervalupdates validationfreq evalevery evalinterval "
     "validationinterval validateinterval validevery validationevery validinterval "
     "evalfrequency", "train.validate_every", "updates"},
    {"maxevalsamples maxvalidsamples", "train.valid_sentences", NULL},
    {"beam beamsize numbeams validbeam evalbeam", "train.valid_beam_size", NULL},
    {"metricforbestmodel bestcheckpointmetric validmetrics earlystoppingmetric evalmetric "
     "earlystoppingcriteria metric validmetric optimizedmetric", "train.best_metric", NULL},
    {"tokenize sacrebleutokenizer bleutokenize sacrebleucfg tokenizebleu", "train.valid_tokenize",
     NULL},
    {"savesteps savefreq saveintervalupdates savecheckpointsteps checkpointevery saveinterval "
     "checkpointsteps checkpointinterval saveepochs", "train.save_every", "updates"},
    {"keepcheckpoint keeplastepochs savetotallimit keepintervalupdates keeplastckpts "
     "maxcheckpoints keeplast keepcheckpoints keeplastparams", "train.keep", NULL},
    {"loggingsteps loginterval reportevery dispfreq loggingfreq printevery logsteps logfreq",
     "train.log_every", "updates"},
    {"tensorboardlogdir tensorboarddir tensorboardlogging reportto logdir tb", "train.tensorboard",
     "true or false; the files are written into train.output"},
    {"outputdir savedir savemodel savepath outdir modeldir outputpath checkpointdir modelpath "
     "outputfolder", "train.output", NULL},
    {"randomseed rngseed", "train.seed", NULL},
    {"numworkers cputhreads threads nthreads numthreads dataloadernumworkers workers", NULL,
     "--threads of the command says how many"},
    {"device devices gpu gpus ngpu usegpu nocuda worldsize gpuranks", NULL,
     "training runs on the cores of one machine; --threads of the command says how many"},
    // ---- data
    {"trainfile trainpref trainsets traindata trainsrc traintgt corpus corpus1 datasets",
     "data.train.source data.train.target", NULL},
    {"validsets validation validationfile validpref validsrc validtgt dev devset val evalset "
     "validdata", "data.valid.source data.valid.target", NULL},
    {"src sources input inputs pathsrc sourcefile srcfile", "data.train.source",
     "and 'data.valid.source'"},
    {"tgt trg targets pathtgt targetfile tgtfile labels references", "data.train.target",
     "and 'data.valid.target'"},
    {"maxsrclen maxsourcelength maxtargetlength maxseqlength maxlen srcseqlength tgtseqlength "
     "maxsequencelength maxseqlen maxsentlength maxsentencelength maxinputlength",
     "data.max_length", NULL},
    {"spm tokenizer bpe subword subwords vocab vocabs srcvocab tgtvocab vocabulary bpemodel "
     "sentencepiecemodel", "data.sentencepiece", NULL},
    {"vocabularysize npieces dimvocabs srcvocabsize tgtvocabsize nvocab nwords piececount size",
     "data.sentencepiece.vocab_size", NULL},
    {"sharevocab joineddictionary sharedvocab jointvocab sharedvocabulary jointvocabulary",
     "data.sentencepiece.joint", NULL},
    {"usersymbols controlsymbols specialtokens additionalspecialtokens extratokens",
     "data.sentencepiece.user_defined_symbols", NULL},
    {"normalizationrulename normalizer normalizationrule", "data.sentencepiece.normalization",
     NULL},
    {"inputsentencesize maxlines", "data.sentencepiece.max_sentences", NULL},
    {"coverage charactercov charcoverage", "data.sentencepiece.character_coverage", NULL},
    {"bytes bytelevel usebytes", "data.sentencepiece.byte_fallback", NULL},
    {"splitnumbers splitdigit", "data.sentencepiece.split_digits", NULL},
    {"hardvocablimit softvocablimit", NULL,
     "without data.sentencepiece.vocab_size the number of pieces is an upper bound"},
    {"nbest samplingnbest", "data.sampling.nbest_size", NULL},
    {"samplingalpha bpedropout", "data.sampling.alpha", NULL},
    // ---- model
    {"hiddensize hidden dim embeddim modeldim rnnsize dimemb encoderembeddim decoderembeddim "
     "dembed embsize embeddingsize embeddingdim hiddendim transformerdim wordvecsize nembd "
     "numembed transformermodelsize dmodel modelsize", "model.d_model", NULL},
    {"numlayers layers nlayers depth numhiddenlayers nlayer", "model.encoder_layers "
     "model.decoder_layers", NULL},
    {"numlayers layers nlayers depth numhiddenlayers nlayer", "model.num_encoder_layers "
     "model.num_decoder_layers", NULL},
    {"enclayers encdepth numencoderlayers encoderlayers encoderdepth", "model.encoder_layers",
     NULL},
    {"enclayers encdepth numencoderlayers encoderlayers encoderdepth", "model.num_encoder_layers",
     NULL},
    {"declayers decdepth numdecoderlayers decoderlayers decoderdepth", "model.decoder_layers",
     NULL},
    {"declayers decdepth numdecoderlayers decoderlayers decoderdepth", "model.num_decoder_layers",
     NULL},
    {"heads numheads nheads nhead numattentionheads transformerheads attentionheads numhead "
     "encoderattentionheads decoderattentionheads", "model.encoder_attention_heads "
     "model.decoder_attention_heads", NULL},
    {"heads numheads nheads nhead numattentionheads transformerheads attentionheads numhead "
     "encoderattentionheads decoderattentionheads", "model.nhead", NULL},
    {"ffndim dff dimfeedforward intermediatesize ffnsize transformerff transformerdimffn ffsize "
     "feedforwardsize filtersize hiddendimff encoderffnembeddim decoderffnembeddim "
     "transformerfeedforwardnumhidden encoderffndim decoderffndim",
     "model.encoder_ffn_dim model.decoder_ffn_dim", NULL},
    {"ffndim dff dimfeedforward intermediatesize ffnsize transformerff transformerdimffn ffsize "
     "feedforwardsize filtersize hiddendimff encoderffnembeddim decoderffnembeddim "
     "transformerfeedforwardnumhidden encoderffndim decoderffndim", "model.dim_feedforward", NULL},
    {"activationfn hiddenact transformerffnactivation activation feedforwardproj "
     "activationfunction", "model.activation_function", NULL},
    {"activationfn hiddenact transformerffnactivation activation feedforwardproj "
     "activationfunction", "model.activation", NULL},
    {"dropoutrate transformerdropout hiddendropout hiddendropoutprob residualdropout pdropout "
     "residdropout", "model.dropout", NULL},
    {"attndropout attentionprobsdropoutprob transformerdropoutattention attentiondropoutrate",
     "model.attention_dropout", NULL},
    {"reludropout ffndropout transformerdropoutffn", "model.activation_dropout", NULL},
    {"maxpositions maxsourcepositions maxtargetpositions npositions",
     "model.max_position_embeddings", NULL},
    {"tiedembeddings shareallembeddings tiedembeddingsall tiewordembeddings shareembeddings "
     "tieembeddings tiedembeddingssrc", "model.share_encoder_decoder_embeddings", NULL},
    {"pretrainedmodel modelnameorpath initfrom finetunefrommodel fromcheckpoint restorefile "
     "trainfrom pretrained loadmodel resumefromcheckpoint initializefrom", "model.init",
     "a run goes on by itself with the same output"},
    {"type arch architecture modeltype", "model.family", NULL},
    {NULL, NULL, NULL},
};
// clang-format on
