namespace ReflectDiT.Eval.Cli;

/// <summary>Something that the caller has to change, as the message says. Ends the command with exit code 1.</summary>
internal sealed class UsageException(string message, Exception? inner = null) : Exception(message, inner);
