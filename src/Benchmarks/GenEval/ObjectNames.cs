using System.Collections.Frozen;

namespace ReflectDiT.Eval.Benchmarks.GenEval;

/// <summary>The 80 COCO classes in GenEval's spelling and order (<c>object_names.txt</c>); person is first.</summary>
public static class ObjectNames
{
    public static IReadOnlyList<string> All { get; } =
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
    ];

    private static readonly FrozenDictionary<string, int> Indices =
        All.Select((name, index) => (name, index)).ToFrozenDictionary(p => p.name, p => p.index);

    /// <summary>
    /// The list's own instance of a name, null for a name that is not one of the 80. Names read from a file are held
    /// as these, so that they compare by reference and each is in memory once.
    /// </summary>
    public static string? Find(string name) => IndexOf(name) is >= 0 and var index ? All[index] : null;

    /// <summary>The position of a class in the list, or -1 for a name that is not one of the 80.</summary>
    public static int IndexOf(string name) => Indices.TryGetValue(name, out var index) ? index : -1;
}
