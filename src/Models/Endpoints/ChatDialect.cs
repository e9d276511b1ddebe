using System.Text.Json.Nodes;

namespace ReflectDiT.Eval.Models.Endpoints;

/// <summary>What servers of chat completions call the same things, and which of them they have.</summary>
internal static class ChatDialect
{
    /// <summary>vLLM from 0.12 on: <c>structured_outputs</c>.</summary>
    public const string Vllm = "vllm";

    /// <summary>vLLM before: <c>guided_json</c>.</summary>
    public const string OldVllm = "vllm-guided";

    /// <summary><c>response_format</c>.</summary>
    public const string Sglang = "sglang";

    /// <summary><c>response_format</c>; tokens are bounded by <c>max_completion_tokens</c>.</summary>
    public const string OpenAi = "openai";

    /// <summary>No structured output: the model is only told what to answer.</summary>
    public const string Plain = "plain";

    /// <summary>Whether the server takes a repetition penalty; vLLM takes the checkpoint's own for who sends none.</summary>
    public static bool HasRepetitionPenalty(string dialect) => dialect is Vllm or OldVllm or Sglang;

    public static string MostTokens(string dialect) => dialect == OpenAi ? "max_completion_tokens" : "max_tokens";

    /// <summary>Binds the answer to a JSON schema, as far as the server can.</summary>
    public static void Structure(string dialect, JsonObject body, JsonNode schema)
    {
        switch (dialect)
        {
            case Vllm:
                body.Add("structured_outputs", new JsonObject { ["json"] = schema });
                break;
            case OldVllm:
                body.Add("guided_json", schema);
                break;
            case Sglang or OpenAi:
                body.Add("response_format", new JsonObject
                {
                    ["type"] = "json_schema",
                    ["json_schema"] = new JsonObject { ["name"] = "answer", ["schema"] = schema, ["strict"] = true },
                });
                break;
        }
    }
}
