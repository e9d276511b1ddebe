namespace ReflectDiT.Eval.Core.Tests;

public class SeedsTests
{
    /// <summary>
    /// From Python: int.from_bytes(hashlib.sha256(b'7\n2\nnoise\n3\na photo of a cat').digest()[:8], 'little') &amp; (2**63 - 1).
    /// </summary>
    [Fact]
    public void A_seed_is_a_hash_of_what_it_is_for() =>
        Assert.Equal(5832301128585273381, new Seeds(7, "a photo of a cat", 2).Noise(3));

    [Fact]
    public void Every_ingredient_changes_the_seed()
    {
        var seeds = new Seeds(7, "a photo of a cat", 2);
        long[] all =
        [
            seeds.Noise(3), seeds.Noise(4), seeds.Judge(3), seeds.Context(3),
            (seeds with { Sweep = 8 }).Noise(3),
            (seeds with { Replicate = 3 }).Noise(3),
            (seeds with { Prompt = "a photo of a dog" }).Noise(3),
        ];
        Assert.Equal(all.Length, all.Distinct().Count());
        Assert.All(all, seed => Assert.True(seed >= 0));
    }
}
