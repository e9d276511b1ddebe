using ReflectDiT.Eval.Networks.Checkpoints;
using static TorchSharp.torch;

namespace ReflectDiT.Eval.Training;

/// <summary>Folders of models as Hugging Face's libraries lay them out: config.json, and the tensors beside it.</summary>
public static class ModelFolder
{
    /// <param name="stem">Of the file of tensors: diffusers' <c>diffusion_pytorch_model</c>, or transformers' <c>model</c>.</param>
    /// <param name="config">The text of config.json.</param>
    /// <param name="tensors">By their names in the checkpoint.</param>
    /// <param name="type">What they are rounded to.</param>
    public static void Write(string folder, string stem, string config, IEnumerable<KeyValuePair<string, Tensor>> tensors, ScalarType type)
    {
        Directory.CreateDirectory(folder);
        SafetensorsWriter.Write(Path.Combine(folder, $"{stem}.safetensors"), tensors, type, new Dictionary<string, string> { ["format"] = "pt" });
        System.IO.File.WriteAllText(Path.Combine(folder, "config.json"), config);
    }

    /// <summary>The file of tensors that a folder holds.</summary>
    /// <exception cref="CheckpointException">There is none, or more than one.</exception>
    public static string File(string folder)
    {
        using var checkpoint = Checkpoint.Open(folder);
        return checkpoint.Files.Single();
    }

    /// <summary>A configuration as its loader reads it.</summary>
    /// <param name="json">The text of config.json.</param>
    public static ModelConfig Read(string json)
    {
        var path = Path.GetTempFileName();
        try
        {
            System.IO.File.WriteAllText(path, json);
            return ModelConfig.Read(path);
        }
        finally
        {
            System.IO.File.Delete(path);
        }
    }
}
