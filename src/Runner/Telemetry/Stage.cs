namespace ReflectDiT.Eval.Runner.Telemetry;

/// <summary>What an attempt goes through, in order: the values of the tag <c>stage</c> and the names of spans.</summary>
public enum Stage
{
    Draw,
    Judge,

    /// <summary>Detection and the benchmark's rules.</summary>
    Score,

    /// <summary>From the writer's queue to the disk.</summary>
    Write,
}
