namespace ReflectDiT.Eval.Benchmarks.GenEval;

/// <summary>The 80 COCO classes in GenEval's spelling and order (<c>object_names.txt</c>); person is first.</summary>
public static class ObjectNames
{
    public static ClassNames Classes { get; } = new("GenEval's 80 names",
    [
        "person", "bicycle", "car", "motorcycle", "airplane", "bus", "train", "truck", "boat", "traffic light",
        "fire hydrant", "stop sign", "parking meter", "bench", "bird", "cat", "dog", "horse", "sheep", "cow",
        "elephant", "bear", "zebra", "giraffe", "backpack", "umbrella", "handbag", "tie", "suitcase", "frisbee",
        "skis", "snowboard", "sports ball", "kite", "baseball bat", "baseball glove", "skateboard", "surfboard",
        "tennis racket", "bottle", "wine glass", "cup", "fork", "knife", "spoon", "bowl", "banana", "apple",
        "sandwich", "orange", "broccoli", "carrot", "hot dog", "pizza", "donut", "cake", "chair", "couch",
        "potted plant", "bed", "dining table", "toilet", "tv", "laptop", "computer mouse", "tv remote",
        "computer keyboard", "cell phone", "microwave", "oven", "toaster", "sink", "refrigerator", "book", "clock",
        "vase", "scissors", "teddy bear", "hair drier", "toothbrush",
    ]);

    public static IReadOnlyList<string> All => Classes.All;

    /// <summary>The position of a class in the list, or -1 for a name that is not one of the 80.</summary>
    public static int IndexOf(string name) => Classes.IndexOf(name);
}
