namespace ReflectDiT.Eval.Training.Shapes;

/// <summary>The config.json of each network of the world of shapes: the published kinds, in small.</summary>
internal static class ShapesConfigs
{
    public const int LatentChannels = 32;

    /// <summary>Tokens of a prompt that the transformer is given, the first of which is &lt;bos&gt;; no prompt has more.</summary>
    public const int PromptTokens = 12;

    /// <summary>Tokens of a feedback.</summary>
    public const int FeedbackTokens = 16;

    /// <summary>Tokens of a past image: one a cell.</summary>
    public const int ImageTokens = 16;

    /// <summary>Steps of the solver.</summary>
    public const int Steps = 12;

    public const double Guidance = 3;

    public const string Scheduler = """
        {
          "_class_name": "DPMSolverMultistepScheduler",
          "_diffusers_version": "0.33.1",
          "algorithm_type": "dpmsolver++",
          "final_sigmas_type": "zero",
          "flow_shift": 1.0,
          "num_train_timesteps": 1000,
          "prediction_type": "flow_prediction",
          "solver_order": 2,
          "solver_type": "midpoint",
          "thresholding": false,
          "use_beta_sigmas": false,
          "use_exponential_sigmas": false,
          "use_flow_sigmas": true,
          "use_karras_sigmas": false,
          "use_lu_lambdas": false
        }
        """;

    public const string ModelIndex = """
        {
          "_class_name": "SanaPipeline",
          "_diffusers_version": "0.33.1",
          "scheduler": ["diffusers", "DPMSolverMultistepScheduler"],
          "text_encoder": ["transformers", "Gemma2Model"],
          "tokenizer": ["transformers", "GemmaTokenizerFast"],
          "transformer": ["diffusers", "SanaTransformer2DModel"],
          "vae": ["diffusers", "AutoencoderDC"]
        }
        """;

    /// <summary>DC-AE at f16: five stages, the last two of them EfficientViT's.</summary>
    public static string Autoencoder { get; } = AutoencoderOf([8, 16, 32, 64, 128], [1, 1, 1, 1, 1], [1, 1, 1, 1, 1], transformers: 1);

    /// <summary>SANA of 5 blocks and a width of 160.</summary>
    public static string Transformer { get; } = TransformerOf("SanaTransformer2DModel", "");

    /// <summary>The same with a Context Transformer of two layers.</summary>
    public static string ReflectTransformer { get; } = TransformerOf("SanaTransformer2DModelWithContext", $$"""

          "context_qk_norm": null,
          "num_reflection_transformer_layers": 2,
          "reflection": true,
          "reflection_mode": "vanilla",
          "vision_feature_dim": 128,
        """);

    public const string VisionEncoder = """
        {
          "architectures": ["SiglipVisionModel"],
          "hidden_act": "gelu_pytorch_tanh",
          "hidden_size": 128,
          "image_size": 64,
          "intermediate_size": 256,
          "layer_norm_eps": 1e-06,
          "model_type": "siglip_vision_model",
          "num_attention_heads": 4,
          "num_channels": 3,
          "num_hidden_layers": 3,
          "patch_size": 8
        }
        """;

    /// <param name="transformers">So many of the last stages are EfficientViT's.</param>
    internal static string AutoencoderOf(int[] channels, int[] encoder, int[] decoder, int transformers, int latent = LatentChannels, int headDim = 32)
    {
        var types = channels.Select((_, i) => i + transformers >= channels.Length ? "\"EfficientViTBlock\"" : "\"ResBlock\"").ToList();
        var scales = channels.Select((_, i) => i + transformers >= channels.Length ? "[5]" : "[]").ToList();
        string Side(string side, int[] layers) => $"""
              "{side}_block_out_channels": [{string.Join(", ", channels)}],
              "{side}_block_types": [{string.Join(", ", types)}],
              "{side}_layers_per_block": [{string.Join(", ", layers)}],
              "{side}_qkv_multiscales": [{string.Join(", ", scales)}],
            """;
        return $$"""
            {
              "_class_name": "AutoencoderDC",
              "_diffusers_version": "0.33.1",
              "attention_head_dim": {{headDim}},
              "decoder_act_fns": "silu",
              "decoder_norm_types": "rms_norm",
            {{Side("decoder", decoder)}}
            {{Side("encoder", encoder)}}
              "downsample_block_type": "Conv",
              "in_channels": 3,
              "latent_channels": {{latent}},
              "scaling_factor": 1.0,
              "upsample_block_type": "interpolate"
            }
            """;
    }

    public static string TextEncoder(int vocabulary) => $$"""
        {
          "architectures": ["Gemma2Model"],
          "attention_bias": false,
          "attn_logit_softcapping": 50.0,
          "bos_token_id": 2,
          "eos_token_id": 1,
          "head_dim": 32,
          "hidden_activation": "gelu_pytorch_tanh",
          "hidden_size": 128,
          "intermediate_size": 384,
          "model_type": "gemma2",
          "num_attention_heads": 4,
          "num_hidden_layers": 2,
          "num_key_value_heads": 4,
          "pad_token_id": 0,
          "query_pre_attn_scalar": 32,
          "rms_norm_eps": 1e-06,
          "rope_theta": 10000.0,
          "sliding_window": 4096,
          "vocab_size": {{vocabulary}}
        }
        """;

    public static string Judge(int vocabulary, int imageToken, int visionStart) => $$"""
        {
          "architectures": ["Qwen2_5_VLForConditionalGeneration"],
          "hidden_act": "silu",
          "hidden_size": 128,
          "image_token_id": {{imageToken}},
          "intermediate_size": 384,
          "model_type": "qwen2_5_vl",
          "num_attention_heads": 4,
          "num_hidden_layers": 4,
          "num_key_value_heads": 2,
          "rms_norm_eps": 1e-06,
          "rope_scaling": {"mrope_section": [4, 6, 6], "type": "default"},
          "rope_theta": 10000.0,
          "tie_word_embeddings": true,
          "use_sliding_window": false,
          "vision_config": {
            "depth": 4,
            "fullatt_block_indexes": [0, 1, 2, 3],
            "hidden_size": 96,
            "intermediate_size": 192,
            "model_type": "qwen2_5_vl",
            "num_heads": 3,
            "out_hidden_size": 128,
            "patch_size": 8,
            "window_size": 64
          },
          "vision_start_token_id": {{visionStart}},
          "vocab_size": {{vocabulary}}
        }
        """;

    private static string TransformerOf(string name, string more) => $$"""
        {
          "_class_name": "{{name}}",
          "_diffusers_version": "0.33.1",
          "attention_bias": false,
          "attention_head_dim": 32,
          "caption_channels": 128,{{more}}
          "cross_attention_dim": 160,
          "cross_attention_head_dim": 32,
          "dropout": 0.0,
          "guidance_embeds": false,
          "in_channels": {{LatentChannels}},
          "interpolation_scale": null,
          "mlp_ratio": 2.5,
          "norm_elementwise_affine": false,
          "norm_eps": 1e-06,
          "num_attention_heads": 5,
          "num_cross_attention_heads": 5,
          "num_layers": 5,
          "out_channels": {{LatentChannels}},
          "patch_size": 1,
          "qk_norm": null,
          "sample_size": 4,
          "timestep_scale": 1.0
        }
        """;
}
