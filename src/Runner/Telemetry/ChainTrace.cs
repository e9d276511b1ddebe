using System.Diagnostics;
using ReflectDiT.Eval.Ledger;

namespace ReflectDiT.Eval.Runner.Telemetry;

/// <summary>
/// One trace a chain: its id is the chain's, so that whoever goes on with a chain goes on with its trace. Costs nothing
/// while nobody listens.
/// </summary>
internal static class ChainTrace
{
    private static readonly ActivitySource Source = new(WorkerMetrics.Name);

    /// <summary>Begins a worker's part of the trace with the claim that gave it the chain.</summary>
    /// <param name="asked">When the claim was sent, in UTC.</param>
    public static Activity? Begin(OpenChain chain, int worker, DateTimeOffset asked)
    {
        if (!Source.HasListeners())
        {
            return null;
        }

        var span = Source.StartActivity(
            "chain",
            ActivityKind.Internal,
            ContextOf(chain.Id),
            [
                new("reflectdit.chain", chain.Id),
                new("reflectdit.sweep", chain.Sweep),
                new("reflectdit.arm", chain.Arm),
                new("reflectdit.prompt", chain.Prompt),
                new("reflectdit.replicate", chain.Replicate),
                new("reflectdit.epoch", chain.Epoch),
                new("reflectdit.worker", worker),
            ],
            startTime: asked);
        using var claim = Source.StartActivity("claim", ActivityKind.Internal, span?.Context ?? default, startTime: asked);
        return span;
    }

    /// <param name="chain">Whose trace it belongs to, where it is no part of a worker's time with the chain, as a score.</param>
    public static Activity? Begin(Stage stage, int attempt, Guid? chain) => !Source.HasListeners()
        ? null
        : Source.StartActivity(WorkerMetrics.NameOf(stage), ActivityKind.Internal, chain is { } of ? ContextOf(of) : default)
            ?.SetTag("reflectdit.attempt", attempt);

    /// <summary>Recorded: a sampler that goes by the trace's id decides for every worker alike.</summary>
    private static ActivityContext ContextOf(Guid chain) =>
        new(ActivityTraceId.CreateFromString(chain.ToString("N")), default, ActivityTraceFlags.Recorded);
}
