namespace ReflectDiT.Eval.Runner;

/// <summary>
/// The others took this worker for lost while it was not: it hung, or its silo was found dead. Its chains may be at work
/// elsewhere; it goes on under a new number.
/// </summary>
internal sealed class LeaseEndedException(int worker) : Exception($"The lease of worker {worker} was ended by another.");
