using System.Text.RegularExpressions;
using ReflectDiT.Eval.Core;
using ReflectDiT.Eval.Models.Endpoints;

namespace ReflectDiT.Eval.Models.Tests.Endpoints;

public sealed partial class ExampleTests
{
    [Fact]
    public void The_guide_has_an_example_of_every_dialect_and_each_can_be_read()
    {
        var guide = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "docs/endpoints.md")).Split("\n## Judges\n");
        var images = Examples(guide[0]).Select(json => SettingsJson.Read<OpenAiImagesParameters>("example", json)).ToList();
        var chats = Examples(guide[1]).Select(json => SettingsJson.Read<ChatJudgeParameters>("example", json)).ToList();
        Assert.Equal(["openai", "sglang", "vllm-omni"], images.Select(p => p.Dialect).Order());
        Assert.Equal(["openai", "plain", "sglang", "vllm", "vllm-guided"], chats.Select(p => p.Dialect).Order());
        Assert.All(images, p => Assert.Null(p.Fault));
        Assert.All(chats, p => Assert.Null(p.Fault));
    }

    private static IEnumerable<string> Examples(string text) => Block().Matches(text).Select(m => m.Groups["json"].Value);

    [GeneratedRegex("```json\n(?<json>[^`]+)```", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Block();
}
