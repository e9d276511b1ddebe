using ReflectDiT.Eval.Core.Text;

namespace ReflectDiT.Eval.Cli;

/// <summary>
/// Standard output and error. Nothing that a user, a file or a model has said moves the cursor of a terminal, and a
/// standard error that takes no more (a full disk, a terminal that went) ends no command.
/// </summary>
internal static class Terminal
{
    /// <summary>Of a message: input can be long, and a terminal is not.</summary>
    private const int Longest = 8000;

    /// <summary>Says something in as many lines as it has.</summary>
    public static void Say(string text) => SayRaw(VisibleText.Lines(text.Length <= Longest ? text : text[..Longest] + " ..."));

    /// <summary>A line that is safe already.</summary>
    public static void SayRaw(string line)
    {
        try
        {
            Console.Error.WriteLine(line);
        }
        catch (IOException)
        {
            // Nobody can be told.
        }
    }

    /// <summary>Writes a result, of which the format says who reads it.</summary>
    public static void Write(string text, string format) => Console.Write(format is "text" or "md" ? VisibleText.Lines(text) : text);
}
