namespace ReflectDiT.Eval.Networks.Checkpoints;

/// <summary>A checkpoint is not what it should be: the message names the file or folder, and every key at fault.</summary>
public sealed class CheckpointException(string message, Exception? inner = null) : Exception(message, inner);
