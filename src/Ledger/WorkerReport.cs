using System.Reflection;
using System.Text.Json;

namespace ReflectDiT.Eval.Ledger;

/// <summary>What a worker says of itself with each heartbeat: the column <c>status</c> of its row.</summary>
/// <param name="Version">Of the program.</param>
/// <param name="Models">That it has loaded.</param>
/// <param name="WorkingSetBytes">Memory of the process, as the operating system counts it.</param>
/// <param name="HeapBytes">Of that, what the garbage collector holds.</param>
/// <param name="ChainsRunning">Chains at work.</param>
/// <param name="WritesWaiting">Attempts that are not durable yet.</param>
/// <param name="DrawingsScoring">Drawings that it scores.</param>
/// <param name="Parked">What it cannot work on.</param>
public sealed record WorkerReport(
    string Version,
    int Slots,
    IReadOnlyList<ModelReport> Models,
    long WorkingSetBytes,
    long HeapBytes,
    int ChainsRunning,
    int WritesWaiting,
    int DrawingsScoring,
    IReadOnlyList<ParkedReport> Parked)
{
    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    /// <summary>The version of this program.</summary>
    public static string Build { get; } = typeof(WorkerReport).Assembly
        .GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;

    public string ToJson() => JsonSerializer.Serialize(this, Json);

    /// <returns>Null for <c>{}</c>: what a worker says before its first heartbeat.</returns>
    /// <exception cref="JsonException">Written by a program that is not this one.</exception>
    public static WorkerReport? FromJson(string json) =>
        json == "{}" ? null : JsonSerializer.Deserialize<WorkerReport>(json, Json);
}

/// <summary>A model that a worker has loaded.</summary>
/// <param name="Title">What people know it by.</param>
/// <param name="Bytes">Of the device that are reserved for it; 0 where that is not known.</param>
public sealed record ModelReport(string Title, string Device, long Bytes)
{
    /// <summary>"judge (qwen2.5-vl): 14746 MiB of cuda:0", or the title alone.</summary>
    public override string ToString() => Bytes == 0 ? Title : $"{Title}: {Bytes >> 20} MiB of {Device}";
}

/// <summary>See <see cref="ParkedWork"/>.</summary>
public sealed record ParkedReport(Guid Sweep, int? Arm, Guid? Scorer, string Reason);
