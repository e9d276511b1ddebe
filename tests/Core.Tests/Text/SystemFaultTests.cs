using ReflectDiT.Eval.Core.Text;

namespace ReflectDiT.Eval.Core.Tests.Text;

public sealed class SystemFaultTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("reflectdit-fault-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    /// <summary>Faults that the runtime words in five ways, most with the path in them, which the message has already.</summary>
    [Fact]
    public void What_the_system_refuses_is_told_in_few_words()
    {
        var file = Path.Combine(_folder, "file");
        File.WriteAllText(file, "");
        Assert.Equal("there is no such file", Of(() => File.ReadAllText(file + "s")));
        Assert.Equal("a folder of its path does not exist, or is a file", Of(() => File.ReadAllText(Path.Combine(_folder, "none", "file"))));
        Assert.Equal("permission denied, or it is a folder", Of(() => File.ReadAllText(_folder)));
        Assert.Equal("a folder of its path does not exist, or is a file", Of(() => File.ReadAllText(Path.Combine(file, "file"))));
        Assert.Equal("its name is too long", Of(() => File.ReadAllText(Path.Combine(_folder, new string('a', 300)))));
        Assert.Equal("no file can have this name", Of(() => File.ReadAllText("a\0b")));
        Assert.Equal("the disk is full", Of(() => File.WriteAllText("/dev/full", "text")));
        Assert.Equal("our own words", SystemFault.Of(new IOException("our own words")));
    }

    [Fact]
    public void A_fault_of_the_program_is_told_by_its_place()
    {
        var sentence = SystemFault.OfProgram(Thrown(() => _ = ((string)null!).Length));
        Assert.StartsWith(
            "fault of the program, NullReferenceException in Core.Tests.Text.SystemFaultTests.", sentence, StringComparison.Ordinal);
        Assert.DoesNotContain("Object reference", sentence, StringComparison.Ordinal);
        Assert.EndsWith(": what we say", SystemFault.OfProgram(new InvalidOperationException("what we say")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{\"a\": 1,}", "line 1, not JSON at character 9: '}' does not belong here")]
    [InlineData("{\"a\": 1", "line 1, not JSON at character 8: the text ends where more of it must follow")]
    [InlineData("{\"b\": 1}", "a key that it must have is missing, or a value is of another type than expected")]
    [InlineData("{\"a\": \"1\"}", "a key that it must have is missing, or a value is of another type than expected")]
    public void Json_that_is_not_as_it_should_be_is_told_without_the_runtimes_words(string text, string words) =>
        Assert.Equal(words, JsonFault.Read(text, Thrown(() => System.Text.Json.JsonElement.Parse(text).GetProperty("a").GetInt32())));

    private static string Of(Action action) => SystemFault.Of(Thrown(action));

    private static Exception Thrown(Action action) => Record.Exception(action) ?? throw new InvalidOperationException("Nothing was thrown.");
}
