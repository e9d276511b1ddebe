namespace ReflectDiT.Eval.Exchange.Imports;

/// <summary>A table of attempts, of one arm or of several.</summary>
public static class CsvInput
{
    /// <param name="arm">Name of the arm where the table has no column of that name.</param>
    /// <param name="passOrFail">Every line says whether its image passes: no grades, and none without.</param>
    /// <exception cref="RecordException">The table as such cannot be read.</exception>
    /// <exception cref="InvalidDataException">It has no line.</exception>
    public static IReadOnlyList<ArmInput> Read(string file, string arm, bool passOrFail)
    {
        var input = InputText.Read(file);
        return AttemptsCsv.Read(file, input.Sha256, input.Text, arm, passOrFail) is { Count: > 0 } arms
            ? arms
            : throw new InvalidDataException(
                $"{file}: nothing to import: there is no line below the names of the columns");
    }
}
