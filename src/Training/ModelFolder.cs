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
        File.WriteAllText(Path.Combine(folder, "config.json"), config);
    }

    /// <summary>A configuration as its loader reads it.</summary>
    /// <param name="json">The text of config.json.</param>
    public static ModelConfig Read(string json)
    {
        var path = Path.GetTempFileName();
        try
        {
            File.WriteAllText(path, json);
            return ModelConfig.Read(path);
        }
        finally
        {
            File.Delete(path);
        }
    }
}
