using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using ReflectDiT.Eval.Analysis.Reports;
using ReflectDiT.Eval.Analysis.Results;
using ReflectDiT.Eval.Core.Sweeps;
using ReflectDiT.Eval.Core.Text;

namespace ReflectDiT.Eval.Exchange.Exports;

/// <summary>
/// A sweep's scores as records of Every Eval Ever (arXiv 2606.14516), schema 0.3.0: a record an arm, a result a metric, each
/// with its 95% interval and how that is made. Every added detail is a string, as the schema wants it.
/// </summary>
public static class EveryEvalEver
{
    public const string Format = "eee";
    public const string SchemaVersion = "0.3.0";
    private const string Unknown = "unknown";

    private static readonly JsonWriterOptions Options = new()
    {
        Indented = true,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>The record's place below <c>data/</c>: collection, developer, model and an id that follows from sweep and arm.</summary>
    internal static string Place(SweepExport sweep, int arm, string organization) => string.Join(
        '/', "data", FileNames.Of(sweep.Configuration.Benchmark.Kind), FileNames.Of(organization), NameOf(sweep, arm), $"{Id(sweep.Results.Id, arm)}.json");

    /// <param name="organization">Who ran the sweep.</param>
    /// <param name="created">When the record is made.</param>
    internal static string Write(SweepExport sweep, int arm, string organization, DateTimeOffset created)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, Options))
        {
            json.WriteStartObject();
            Record(json, sweep, arm, organization, $"{created.ToUnixTimeSeconds()}");
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.ToArray()) + "\n";
    }

    private static void Record(Utf8JsonWriter json, SweepExport sweep, int arm, string organization, string created)
    {
        var (results, exported, configuration) = (sweep.Results, sweep.Arms[arm], sweep.Configuration.Arms[arm]);
        var benchmark = sweep.Configuration.Benchmark.Kind;
        var model = $"{FileNames.Of(organization)}/{NameOf(sweep, arm)}";
        json.WriteString("schema_version", SchemaVersion);
        json.WriteString("evaluation_id", $"{benchmark}/{model}/{created}");
        json.WriteString("retrieved_timestamp", created);
        json.WriteStartObject("source_metadata");
        json.WriteString("source_name", $"sweep {results.Sweep}");
        json.WriteString("source_type", "evaluation_run");
        json.WriteString("source_organization_name", organization);
        json.WriteString("evaluator_relationship", "other");
        Details(
            json,
            ("sweep", results.Sweep),
            ("sweep_id", results.Id),
            ("seed", $"{results.Seed}"),
            ("replicates", $"{results.Replicates}"),
            ("scorer", results.Scorer?.Role),
            ("scorer_options", results.Scorer?.Options));
        json.WriteEndObject();
        json.WriteStartObject("eval_library");
        json.WriteString("name", "ReflectDiT.Eval");
        json.WriteString("version", typeof(EveryEvalEver).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? Unknown);
        json.WriteEndObject();
        json.WriteStartObject("model_info");
        json.WriteString("name", exported.Arm.Label);
        json.WriteString("id", model);
        Details(
            json,
            ("deployment_type", exported.Arm.Imported is null ? "self_deployed" : Unknown),
            ("model_availability", Unknown),
            ("generator", configuration.Generator.Title),
            ("judge", configuration.Judge.Title),
            ("strategy", Strategy(sweep.Configuration, arm)),
            ("attempts_at_most", $"{exported.Arm.Strategy.MaxAttempts}"),
            ("simulated", exported.Arm.Simulated ? "true" : "false"),
            ("oracle", exported.Arm.Oracle ? "true" : "false"));
        json.WriteEndObject();
        json.WriteStartArray("evaluation_results");
        foreach (var (metric, measured) in ArmScores.Of(results, arm))
        {
            json.WriteStartObject();
            Result(json, benchmark, exported.Arm, metric.Id, measured, results);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void Result(
        Utf8JsonWriter json, string benchmark, ArmResults arm, string metric, Measurement measured, SweepResults results)
    {
        json.WriteString("evaluation_result_id", $"{benchmark}.{metric}");
        json.WriteString("evaluation_name", $"{benchmark}: {metric}");
        json.WriteStartObject("source_data");
        json.WriteString("dataset_name", benchmark);
        json.WriteString("source_type", "other");
        json.WriteEndObject();
        json.WriteStartObject("metric_config");
        json.WriteString("evaluation_description", results.Graded
            ? "Mean score of the image that each chain shows, replicates of a prompt averaged first"
            : $"Share of prompts whose shown image is {results.Tables.Words.Pass}, replicates of a prompt averaged first");
        json.WriteString("metric_id", $"{benchmark}.{metric}");
        json.WriteString("metric_name", metric);
        json.WriteString("metric_kind", results.Graded ? "mean_score" : "accuracy");
        json.WriteString("metric_unit", "proportion");
        json.WriteStartObject("metric_parameters");
        json.WriteNumber("attempts_at_most", arm.Strategy.MaxAttempts);
        json.WriteEndObject();
        json.WriteBoolean("lower_is_better", false);
        json.WriteString("score_type", "continuous");
        json.WriteNumber("min_score", 0);
        json.WriteNumber("max_score", 1);
        json.WriteEndObject();
        json.WriteStartObject("score_details");
        json.WriteNumber("score", measured.Value);
        json.WriteStartObject("details");
        json.WriteString("prompts_of_sweep", $"{measured.Of}");
        json.WriteString("chains", $"{arm.Chains.Count}");
        json.WriteEndObject();
        json.WriteStartObject("uncertainty");
        json.WriteStartObject("confidence_interval");
        json.WriteNumber("lower", measured.Interval.Low);
        json.WriteNumber("upper", measured.Interval.High);
        json.WriteNumber("confidence_level", 0.95);
        json.WriteString("method", measured.Method);
        json.WriteEndObject();
        json.WriteNumber("num_samples", measured.Prompts);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void Details(Utf8JsonWriter json, params (string Key, string? Value)[] details)
    {
        json.WriteStartObject("additional_details");
        foreach (var (key, value) in details.Where(d => d.Value is not null))
        {
            json.WriteString(key, value);
        }

        json.WriteEndObject();
    }

    /// <summary>As the sweep's identity has it.</summary>
    private static string Strategy(SweepConfiguration configuration, int arm)
    {
        using var json = JsonDocument.Parse(configuration.ToJson());
        return json.RootElement.GetProperty("arms")[arm].GetProperty("strategy").GetRawText();
    }

    private static string NameOf(SweepExport sweep, int arm) => FileNames.Of(sweep.Arms.Select((a, index) => (index, a.Arm.Name)))[arm];

    /// <summary>In the form of a random UUID (version 4), as the schema's paths have it.</summary>
    private static string Id(string sweep, int arm)
    {
        var bytes = SHA256.HashData(Encoding.UTF8.GetBytes($"{sweep}/{arm}"))[..16];
        bytes[6] = (byte)((bytes[6] & 0x0f) | 0x40);
        bytes[8] = (byte)((bytes[8] & 0x3f) | 0x80);
        return new Guid(bytes, bigEndian: true).ToString();
    }
}
