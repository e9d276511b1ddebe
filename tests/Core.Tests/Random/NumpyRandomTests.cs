using System.Text.Json;
using ReflectDiT.Eval.Core.Random;

namespace ReflectDiT.Eval.Core.Tests.Random;

public sealed class NumpyRandomTests
{
    private static readonly Dictionary<string, Golden> BySeed =
        File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Random", "numpy_random.jsonl"))
            .Select(line => JsonSerializer.Deserialize<Golden>(line, JsonSerializerOptions.Web)!)
            .ToDictionary(golden => golden.Seed);

    public static TheoryData<string> Seeds => [.. BySeed.Keys];

    [Fact]
    public void Seed_43_gives_the_published_raw_outputs()
    {
        ulong[] raw = [0xa6fd15a0815ce843, 0x0b34dc0f66bc04b6, 0x0520a8b493c045ff, 0xd6d6a2c446cdab59];
        var random = new NumpyRandom(43);

        Assert.Equal(raw.Select(output => (output >> 11) / 9007199254740992.0), raw.Select(_ => random.NextDouble()));
    }

    [Fact]
    public void First_choice_of_the_published_suite_starts_as_known() =>
        Assert.Equal([13, 19, 1, 74, 51, 28, 42, 37, 72, 41], new NumpyRandom(43).Choice(80, 80)[..10]);

    /// <summary>Integers, doubles and choices from one generator, mixed: the buffered half is tested too.</summary>
    [Theory]
    [MemberData(nameof(Seeds))]
    public void Mixed_draws_equal_those_of_numpy(string seed)
    {
        var golden = BySeed[seed];
        var random = new NumpyRandom(UInt128.Parse(seed));

        foreach (var round in golden.Rounds)
        {
            Assert.Equal(round.Ints, golden.Ranges.Select(random.NextInt));
            Assert.Equal(round.Doubles, round.Doubles.Select(_ => random.NextDouble()));
            Assert.Equal(round.Choices, golden.Choices.Select(choice => random.Choice(choice[0], choice[1])));
        }
    }

    [Fact]
    public void Impossible_requests_are_refused()
    {
        var random = new NumpyRandom(1);

        Assert.Throws<ArgumentOutOfRangeException>(() => random.NextInt(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => random.Choice(3, 4));
        Assert.Throws<ArgumentOutOfRangeException>(() => random.Choice(10_001, 1));
    }

    private sealed record Golden(string Seed, int[] Ranges, int[][] Choices, Round[] Rounds);

    private sealed record Round(int[] Ints, double[] Doubles, int[][] Choices);
}
