using System.Text.Json;
using System.Text.Json.Serialization;

namespace ReflectDiT.Eval.Core.Sweeps;

/// <summary>
/// Where and how a model runs. Nothing here changes an answer, so it is no part of an identity: a model may move, and every
/// worker may have its own. What is left out is the kind's to choose.
/// </summary>
public sealed record Placement
{
    /// <summary>The device of a model that names none.</summary>
    public const string Processor = "cpu";

    /// <summary>The folder or file of its weights.</summary>
    public string? Path { get; init; }

    /// <summary>As libtorch names it: <c>cpu</c>, <c>cuda:0</c>.</summary>
    public string? Device { get; init; }

    /// <summary>Of a server that answers for it; <c>/v1/...</c> follows.</summary>
    public Uri? Url { get; init; }

    /// <summary>The environment variable that holds the server's key. The key itself is written nowhere.</summary>
    public string? KeyVariable { get; init; }

    /// <summary>A PEM file of the certificates that vouch for the server, in the place of the machine's own.</summary>
    public string? CaFile { get; init; }

    /// <summary>The most requests a minute that the server is sent.</summary>
    public double? RequestsPerMinute { get; init; }

    /// <summary>The most tokens a minute, in and out, that the server is asked for.</summary>
    public double? TokensPerMinute { get; init; }

    /// <summary>What the server takes for a request, besides its tokens; in any one currency, as all prices.</summary>
    public double? PricePerRequest { get; init; }

    /// <summary>What it takes for a million tokens that it is sent.</summary>
    public double? PricePerMillionIn { get; init; }

    /// <summary>What it takes for a million tokens that it answers with.</summary>
    public double? PricePerMillionOut { get; init; }

    /// <summary>Of the language model by which a generator rewrites prompts; what is left out is as for the generator.</summary>
    public Placement? Rewriter { get; init; }

    /// <summary>Batches that may be at work at once.</summary>
    public int? Concurrency { get; init; }

    /// <summary>Of one call; else what the sweep says of all calls.</summary>
    public double? TimeoutSeconds { get; init; }

    /// <summary>What it takes of its device's memory while it is loaded, in GiB; nothing where it is not said.</summary>
    public double? MemoryGib { get; init; }

    /// <summary>How long a simulated model takes to load.</summary>
    public double? LoadSeconds { get; init; }

    /// <summary>How long a simulated model takes for a batch.</summary>
    public double? BatchSeconds { get; init; }

    [JsonIgnore]
    public TimeSpan? Timeout => TimeoutSeconds is { } seconds ? TimeSpan.FromSeconds(seconds) : null;

    [JsonIgnore]
    public long MemoryBytes => (long)((MemoryGib ?? 0) * (1L << 30));

    /// <summary>This one, with all that <paramref name="other"/> says in its place.</summary>
    public Placement With(Placement other) => new()
    {
        Path = other.Path ?? Path,
        Device = other.Device ?? Device,
        Url = other.Url ?? Url,
        KeyVariable = other.KeyVariable ?? KeyVariable,
        CaFile = other.CaFile ?? CaFile,
        RequestsPerMinute = other.RequestsPerMinute ?? RequestsPerMinute,
        TokensPerMinute = other.TokensPerMinute ?? TokensPerMinute,
        PricePerRequest = other.PricePerRequest ?? PricePerRequest,
        PricePerMillionIn = other.PricePerMillionIn ?? PricePerMillionIn,
        PricePerMillionOut = other.PricePerMillionOut ?? PricePerMillionOut,
        Rewriter = other.Rewriter is { } rewriter ? (Rewriter ?? new()).With(rewriter) : Rewriter,
        Concurrency = other.Concurrency ?? Concurrency,
        TimeoutSeconds = other.TimeoutSeconds ?? TimeoutSeconds,
        MemoryGib = other.MemoryGib ?? MemoryGib,
        LoadSeconds = other.LoadSeconds ?? LoadSeconds,
        BatchSeconds = other.BatchSeconds ?? BatchSeconds,
    };

    /// <summary>Equal placements give equal text.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, Form);

    /// <exception cref="JsonException">Written by a program that knows more.</exception>
    public static Placement FromJson(string json) =>
        JsonSerializer.Deserialize<Placement>(json, Form) ?? throw new JsonException("A placement is null.");

    private static readonly JsonSerializerOptions Form = new(RecordedSettings.Form)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };
}

/// <summary>A model of a sweep.</summary>
/// <param name="Name">What the sweep calls it: no part of its identity.</param>
/// <param name="Placement">Where it runs unless a worker says otherwise.</param>
public sealed record NamedModel(string Name, ModelConfiguration Model, Placement Placement);
