namespace ReflectDiT.Eval.Networks;

/// <summary>
/// Texts that published checkpoints were trained with, word for word: data of the protocol, not ours to improve. A test
/// holds each to its hash.
/// </summary>
public static class PublishedText
{
    /// <summary>
    /// SANA's complex human instruction: stands in front of each prompt, in whose first word its last space goes over.
    /// The default of SanaPipeline in diffusers 0.33.1, Apache-2.0, Copyright 2025 PixArt-Sigma Authors and The HuggingFace
    /// Team.
    /// </summary>
    public const string SanaInstruction = """
        Given a user prompt, generate an 'Enhanced prompt' that provides detailed visual descriptions suitable for image generation. Evaluate the level of detail in the user prompt:
        - If the prompt is simple, focus on adding specifics about colors, shapes, sizes, textures, and spatial relationships to create vivid and concrete scenes.
        - If the prompt is already detailed, refine and enhance the existing details slightly without overcomplicating.
        Here are examples of how to transform or refine prompts:
        - User Prompt: A cat sleeping -> Enhanced: A small, fluffy white cat curled up in a round shape, sleeping peacefully on a warm sunny windowsill, surrounded by pots of blooming red flowers.
        - User Prompt: A busy city street -> Enhanced: A bustling city street scene at dusk, featuring glowing street lamps, a diverse crowd of people in colorful clothing, and a double-decker bus passing by towering glass skyscrapers.
        Please generate only the enhanced description for the prompt below and avoid including any additional commentary or evaluations:
        """ + "\nUser Prompt: ";

    /// <summary>What Qwen's chat template says where no system message is given. Qwen/Qwen2.5-VL-3B-Instruct, chat_template.json.</summary>
    public const string QwenSystem = "You are a helpful assistant.";
}
