using System.Globalization;
using ReflectDiT.Eval.Networks.Checkpoints;
using static TorchSharp.torch;

namespace ReflectDiT.Eval.Training;

/// <summary>All that it takes to go on: one file in fp32, which is replaced as a whole.</summary>
/// <param name="identity">What must be the same when training goes on.</param>
internal sealed class TrainingCheckpoint(string folder, string identity)
{
    private const string StepKey = "step";
    private const string IdentityKey = "identity";

    private readonly string _path = Path.Combine(folder, "checkpoint.safetensors");

    public void Save(long step, FlatParameters parameters, AdamW optimizer)
    {
        using var scope = NewDisposeScope();
        SafetensorsWriter.Write(
            _path,
            Stretches(parameters, optimizer).SelectMany(stretch => parameters.All(stretch.Values)
                .Select(one => KeyValuePair.Create($"{stretch.Name}/{one.Key}", one.Value))),
            ScalarType.Float32,
            new Dictionary<string, string>
            {
                [StepKey] = step.ToString(CultureInfo.InvariantCulture),
                [IdentityKey] = identity,
            });
    }

    /// <returns>The step that it is of; 0 where there is none.</returns>
    /// <exception cref="InvalidDataException">It is of another stage, or of other settings.</exception>
    public long Load(FlatParameters parameters, AdamW optimizer)
    {
        if (!File.Exists(_path))
            return 0;
        var metadata = SafetensorsWriter.ReadMetadata(_path);
        if (metadata.GetValueOrDefault(IdentityKey) is var found && found != identity)
        {
            throw new InvalidDataException(
                $"{_path} is of other settings. It has\n  {found}\nwhere now they are\n  {identity}\nGive the same, or another folder.");
        }

        using var scope = NewDisposeScope();
        using var mode = no_grad();
        using var file = SafetensorsFile.Open(_path);
        foreach (var (name, values) in Stretches(parameters, optimizer))
        {
            foreach (var (parameter, place) in parameters.All(values))
                place.copy_(file.Read($"{name}/{parameter}"));
        }

        return long.Parse(metadata[StepKey], CultureInfo.InvariantCulture);
    }

    private static (string Name, Tensor Values)[] Stretches(FlatParameters parameters, AdamW optimizer) =>
    [
        ("values", parameters.Values), ("mean", optimizer.Mean), ("first_moment", optimizer.FirstMoment),
        ("second_moment", optimizer.SecondMoment),
    ];
}
