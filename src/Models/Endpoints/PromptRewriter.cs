using System.Collections.Concurrent;
using ReflectDiT.Eval.Core.Models;
using ReflectDiT.Eval.Core.Sweeps;

namespace ReflectDiT.Eval.Models.Endpoints;

/// <summary>Has a language model write prompts anew from what was said of their images, so that the next is better.</summary>
internal sealed class PromptRewriter : IDisposable
{
    private const int MostRemembered = 1000;

    private readonly RewriteParameters _parameters;
    private readonly ChatClient _chat;

    /// <summary>What was written and not drawn yet: a drawing that fails and is asked for again is of the same prompt.</summary>
    private readonly ConcurrentDictionary<string, (string Prompt, double? Price)> _written = new(StringComparer.Ordinal);

    /// <param name="generators">The placement of the generator, for what its own does not say.</param>
    /// <param name="own">Null where all is as for the generator.</param>
    public PromptRewriter(Placement generators, Placement? own, RewriteParameters parameters, TimeProvider? time)
    {
        _parameters = parameters;
        // The key of one server is no other's business.
        var there = own?.Url is null ? generators : generators with { KeyVariable = null, CaFile = null };
        _chat = new("rewriter", own is null ? there : there.With(own), parameters.Model, parameters.Dialect, time);
    }

    /// <exception cref="Host.BadAnswerException">It wrote nothing.</exception>
    /// <returns>The prompt, and what it took.</returns>
    public async Task<(string Prompt, double? Price)> RewriteAsync(DrawRequest request, CancellationToken withdrawn)
    {
        var asked = PromptTemplate.Fill(
            _parameters.Template, (PromptTemplate.Prompt, request.Prompt), (PromptTemplate.Feedback, PromptTemplate.Of(request.Context)));
        var key = $"{request.Seed} {asked}";
        if (_written.TryGetValue(key, out var before))
        {
            return before;
        }

        using var place = await _chat.AdmitAsync(withdrawn);
        var answer = await _chat.AskAsync(new(asked, null, request.Seed, _parameters.MaxTokens), withdrawn);
        var written = answer.Text.Trim().Trim('"').Trim();
        if (written.Length == 0)
        {
            throw new Host.BadAnswerException($"{_parameters.Model} wrote no prompt");
        }

        if (_written.Count >= MostRemembered)
        {
            _written.Clear();
        }

        return _written.GetOrAdd(key, (written, answer.Price));
    }

    public void Dispose() => _chat.Dispose();
}
