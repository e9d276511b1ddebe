using ReflectDiT.Eval.Core.Text;

namespace ReflectDiT.Eval.Runner.Sweeps;

/// <summary>A sweep file, or an override of it, is wrong. The message names file, line, column and what was expected.</summary>
public sealed class SweepFileException(string message) : Exception(VisibleText.Bounded(message));
