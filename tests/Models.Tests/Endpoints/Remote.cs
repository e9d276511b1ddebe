using System.Text.Json;
using ReflectDiT.Eval.Core;
using ReflectDiT.Eval.Core.Models;
using ReflectDiT.Eval.Core.Sweeps;
using ReflectDiT.Eval.Models.Endpoints;
using ReflectDiT.Eval.Models.Host;
using ReflectDiT.Eval.Models.Simulated;
using ReflectDiT.Eval.Models.Tests.Simulated;
using ReflectDiT.Eval.Testing;

namespace ReflectDiT.Eval.Models.Tests.Endpoints;

/// <summary>Models behind a server, as the tests ask them.</summary>
internal static class Remote
{
    public const int Size = 256;

    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    public static SimulatedGenerator Generator { get; } = TestParameters.LoadGenerator(TestParameters.Generator(level: 0.5, boost: 1, spread: 1));

    public static SimulatedJudge Judge { get; } = TestParameters.LoadJudge(TestParameters.Judge(0.3, 0.2));

    public static OpenAiImagesParameters Images(string dialect) => new(ModelServer.ImageModel, dialect, Size, Size, SeedBits: 63);

    public static ChatJudgeParameters Chat(string dialect) => new(ModelServer.ChatModel, dialect, "{prompt}", ScoreTemplate: "{prompt}");

    public static ModelConfiguration Configuration(OpenAiImagesParameters parameters) =>
        new(ModelConfiguration.OpenAiImages, JsonSerializer.SerializeToElement(parameters, SettingsJson.Form));

    public static ModelConfiguration Configuration(ChatJudgeParameters parameters) =>
        new(ModelConfiguration.OpenAiChat, JsonSerializer.SerializeToElement(parameters, SettingsJson.Form));

    /// <summary>Asked through a host, as chains do.</summary>
    public static async Task<Drawing> DrawAsync(Placement placement, OpenAiImagesParameters parameters, DrawRequest request, TimeSpan? timeout = null)
    {
        using var host = new ModelHost();
        return (await host.Generator(Configuration(parameters), placement)
            .AskAsync(request, timeout ?? Deadline, CancellationToken.None).WaitAsync(Deadline)).Answer;
    }

    public static async Task<Judgement> JudgeAsync(Placement placement, ChatJudgeParameters parameters, JudgeRequest request)
    {
        using var host = new ModelHost();
        return (await host.Judge(Configuration(parameters), placement)
            .AskAsync(request, Deadline, CancellationToken.None).WaitAsync(Deadline)).Answer;
    }
}
