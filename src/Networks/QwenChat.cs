using System.Text;
using ReflectDiT.Eval.Networks.Tokenizers;

namespace ReflectDiT.Eval.Networks;

/// <summary>One part of a message: a text, or an image by how many tokens it takes.</summary>
public sealed record ChatPart(string? Text, int ImageTokens)
{
    public static ChatPart Of(string text) => new(text, 0);

    public static ChatPart Image(int tokens) => new(null, tokens);
}

/// <param name="Role"><c>system</c>, <c>user</c> or <c>assistant</c>.</param>
public sealed record ChatMessage(string Role, IReadOnlyList<ChatPart> Parts);

/// <summary>Qwen2.5-VL's chat template (its chat_template.jinja), and the places of its images.</summary>
public static class QwenChat
{
    private const string ImagePad = "<|image_pad|>";

    /// <summary>Means something to transformers' processor, which would take them for images.</summary>
    private static readonly string[] Refused = [ImagePad, "<|placeholder|>"];

    /// <summary>The conversation as text, each image as one mark.</summary>
    /// <param name="generate">Whether the assistant is to speak next.</param>
    /// <exception cref="InvalidDataException">A text holds what stands for an image.</exception>
    public static string Render(IReadOnlyList<ChatMessage> messages, bool generate) => Render(messages, generate, _ => 1);

    /// <summary>The ids of a conversation, each image as its tokens.</summary>
    /// <inheritdoc cref="Render(IReadOnlyList{ChatMessage}, bool)"/>
    public static int[] Encode(Tokenizer tokenizer, IReadOnlyList<ChatMessage> messages, bool generate) =>
        tokenizer.Encode(Render(messages, generate, tokens => tokens));

    private static string Render(IReadOnlyList<ChatMessage> messages, bool generate, Func<int, int> marks)
    {
        var text = new StringBuilder();
        if (messages.Count > 0 && messages[0].Role != "system")
        {
            text.Append("<|im_start|>system\n").Append(PublishedText.QwenSystem).Append("<|im_end|>\n");
        }

        foreach (var (role, parts) in messages)
        {
            text.Append("<|im_start|>").Append(role).Append('\n');
            foreach (var part in parts)
            {
                if (part.Text is null)
                {
                    text.Append("<|vision_start|>").Insert(text.Length, ImagePad, marks(part.ImageTokens)).Append("<|vision_end|>");
                    continue;
                }

                if (Array.Find(Refused, mark => part.Text.Contains(mark, StringComparison.Ordinal)) is { } mark)
                {
                    throw new InvalidDataException($"A text of the conversation holds {mark}, which stands for an image: {part.Text}");
                }

                text.Append(part.Text);
            }

            text.Append("<|im_end|>\n");
        }

        return (generate ? text.Append("<|im_start|>assistant\n") : text).ToString();
    }
}
