using ReflectDiT.Eval.Core;
using ReflectDiT.Eval.Models.Endpoints;

namespace ReflectDiT.Eval.Models.Tests.Endpoints;

public sealed class FoldedSeedTests
{
    [Theory]
    [InlineData(3, 7)]
    [InlineData(5, 31)]
    [InlineData(16, 400)]
    [InlineData(63, 50)]
    public void No_two_attempts_of_a_chain_have_the_same_however_few_bits_there_are(int bits, int attempts)
    {
        var seeds = new Seeds(7, "a photo of a dog", 0);
        long[] noise = [.. Enumerable.Range(0, attempts).Select(seeds.Noise)];
        long[] folded = [.. noise.Select((seed, i) => FoldedSeed.Of(seed, noise[..i], bits))];
        Assert.Equal(attempts, folded.Distinct().Count());
        Assert.All(folded, seed => Assert.InRange(seed, 0, (long)((1UL << bits) - 1)));
        Assert.Equal(noise[0] & (long)((1UL << bits) - 1), folded[0]);
        if (bits == 63)
        {
            Assert.Equal(noise, folded);
        }
    }

    [Fact]
    public void A_chain_longer_than_there_are_seeds_is_refused() =>
        Assert.Throws<NotSupportedException>(() => FoldedSeed.Of(1, new long[8], 3));
}
