using ReflectDiT.Eval.Core.Models;
using ReflectDiT.Eval.Core.Sweeps;

namespace ReflectDiT.Eval.Models.Host;

/// <summary>Loads models, each of the kind that its configuration says. It may throw whatever it likes.</summary>
public interface IModelKinds
{
    IGenerator Generator(ModelConfiguration model, Placement placement);

    IJudge Judge(ModelConfiguration model, Placement placement);

    IDetector Detector(ModelConfiguration model, Placement placement);

    IAnswerer Answerer(ModelConfiguration model, Placement placement);
}
