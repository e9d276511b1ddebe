namespace ReflectDiT.Eval.Training.Shapes;

/// <summary>Where the stages put what they make, and find what earlier ones made.</summary>
/// <param name="Root">The folder of one training.</param>
public sealed record ShapesFolder(string Root)
{
    /// <summary>A snapshot as diffusers lays it out, with the judge and further transformers beside the published parts.</summary>
    public string Weights => Path.Combine(Root, "weights");

    public string Autoencoder => Path.Combine(Weights, "vae");

    public string Tokenizer => Path.Combine(Weights, "tokenizer");

    public string TextEncoder => Path.Combine(Weights, "text_encoder");

    public string Transformer => Path.Combine(Weights, "transformer");

    /// <summary>Fine-tuned without context.</summary>
    public string TunedTransformer => Path.Combine(Weights, "transformer_tuned");

    public string ReflectTransformer => Path.Combine(Weights, "transformer_reflect");

    public string VisionEncoder => Path.Combine(Weights, "vision_encoder");

    public string Scheduler => Path.Combine(Weights, "scheduler");

    public string Judge => Path.Combine(Weights, "judge");

    /// <summary>The generator's images of training prompts, with what the detector says of them.</summary>
    public string Samples => Path.Combine(Root, "samples");

    /// <summary>Checkpoint and log of a stage.</summary>
    public string Run(string stage) => Path.Combine(Root, "runs", stage);
}
