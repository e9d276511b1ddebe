using ReflectDiT.Eval.Dashboard.Pages;

namespace ReflectDiT.Eval.Dashboard.Tests.Pages;

public sealed class AddressTests
{
    [Fact]
    public void An_address_has_all_of_its_state_and_nothing_that_goes_without_saying()
    {
        Assert.Equal("/", new PageAddress.Sweeps().Url);
        Assert.Equal("/?q=a%26b%20%23", new PageAddress.Sweeps("a&b #").Url);
        Assert.Equal("/sweeps/ab", new PageAddress.Sweep("ab").Url);
        Assert.Equal("/sweeps/ab?scorer=strict&axis=money", new PageAddress.Sweep("ab", "strict", "money").Url);
        Assert.Equal(
            "/sweeps/ab/prompts?category=x%20y&show=never&sort=difficulty&page=3",
            new PageAddress.Prompts("ab", Filter: new("x y", "never", ByDifficulty: true), Number: 3).Url);
        Assert.Equal("/sweeps/ab/arms/1/prompts/42", new PageAddress.Chain("ab", 1, 42).Url);
        Assert.Equal("/sweeps/ab/arms/1/prompts/42/replicates/2", new PageAddress.Chain("ab", 1, 42, 2).Url);
        Assert.Equal(
            "/sweeps/ab/compare?arms=2,0&n=4&show=first&prompt=7",
            new PageAddress.Compare("ab", [2, 0], 4, ShownPairs.First, Prompt: 7).Url);
    }

    [Theory]
    [InlineData("plain-word_1.png=x", "plain-word_1.png=x")]
    [InlineData("", "''")]
    [InlineData("it's $(x) `y` \"z\"", "'it'\\''s $(x) `y` \"z\"'")]
    public void A_shell_takes_a_quoted_word_as_it_is(string word, string quoted)
    {
        Assert.Equal(quoted, ShellText.Quoted(word));
        using var shell = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo("sh", ["-c", $"printf %s {quoted}"])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
        })!;
        Assert.Equal(word, shell.StandardOutput.ReadToEnd());
    }
}
