using ReflectDiT.Eval.Core.Sweeps;
using ReflectDiT.Eval.Models.Host;

namespace ReflectDiT.Eval.Runner;

/// <summary>A model of a sweep as this process serves it; it need not be loaded.</summary>
public record SweepModel(NamedModel Named, IHostedModel Hosted);

/// <inheritdoc/>
public sealed record SweepModel<TRequest, TAnswer>(NamedModel Named, HostedModel<TRequest, TAnswer> Model) : SweepModel(Named, Model)
{
    /// <inheritdoc cref="HostedModel{TRequest, TAnswer}.AskAsync"/>
    public Task<Served<TAnswer>> AskAsync(TRequest request, TimeSpan timeout, CancellationToken withdrawn) =>
        Model.AskAsync(request, timeout, withdrawn);
}
