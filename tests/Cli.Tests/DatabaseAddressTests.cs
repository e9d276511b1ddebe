namespace ReflectDiT.Eval.Cli.Tests;

public sealed class DatabaseAddressTests
{
    [Theory]
    [InlineData("Host=db;Pasword=x", "there is no part 'pasword'")]
    [InlineData("Host=db;Port=abc Password=x", "'port' cannot have this value")]
    [InlineData("Host=db;SSL Mode=foo", "'ssl mode' cannot have this value")]
    [InlineData("postgresql://me@db/mine?sslmode=foo", "'sslmode' cannot have this value")]
    [InlineData("postgresql://me@db/mine?colour=red", "the parameter 'colour' of the URI is not known here")]
    [InlineData("Database=mine", "it does not name a Host")]
    [InlineData("host=db dbname=mine", "put semicolons between its parts")]
    [InlineData("garbage", "it is not made of parts NAME=VALUE")]
    public void What_is_no_address_is_refused_with_the_part_at_fault_and_without_its_value(string text, string expected)
    {
        var refused = Assert.Throws<FormatException>(() => DatabaseAddress.Read(text));
        Assert.StartsWith(expected, refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("abc", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Host=127.0.0.1;Port=1;Timeout=5", "nothing answers at 127.0.0.1:1. Check --database")]
    [InlineData("Host=nowhere.invalid", "no machine is known by the name nowhere.invalid. Check --database")]
    public async Task A_server_that_is_not_there_is_named(string database, string expected)
    {
        using var folder = new TemporaryFolder();
        var status = await CliProcess.RunAsync("status", "--data", folder.Root, "--database", database);
        Assert.Equal((4, ""), (status.ExitCode, status.Out));
        Assert.StartsWith($"reflectdit: The database cannot be used: {expected}", status.Error, StringComparison.Ordinal);
    }
}
