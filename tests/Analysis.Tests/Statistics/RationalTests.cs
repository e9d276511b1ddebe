using System.Numerics;
using ReflectDiT.Eval.Analysis.Statistics;
using ReflectDiT.Eval.Core.Random;

namespace ReflectDiT.Eval.Analysis.Tests.Statistics;

public sealed class RationalTests
{
    [Fact]
    public void Fractions_are_kept_in_lowest_terms_and_the_default_is_zero()
    {
        Assert.Equal(new Rational(1, 3), new Rational(-4, -12));
        Assert.Equal((new BigInteger(-2), new BigInteger(3)), (new Rational(4, -6).Numerator, new Rational(4, -6).Denominator));
        Assert.Equal(default, (Rational)0.0);
        Assert.Equal(new Rational(1, 2), new Rational(1, 3) + new Rational(1, 6));
        Assert.Equal(new Rational(1, 6), new Rational(1, 2) - new Rational(1, 3));
        Assert.Equal(new Rational(1, 2), Rational.Mean([new(1, 3), new(2, 3), new(1, 2)]));
        Assert.Throws<DivideByZeroException>(() => new Rational(1, 0));
    }

    /// <summary>Division of doubles rounds to the nearest one (IEEE 754), and so must the fraction.</summary>
    [Fact]
    public void The_nearest_double_is_what_dividing_gives()
    {
        var random = new NumpyRandom(1);
        for (var i = 0; i < 2000; i++)
        {
            var (a, b) = ((long)random.NextInt(1 << 30) * random.NextInt(1 << 20), 1 + ((long)random.NextInt(1 << 30) * random.NextInt(1 << 20)));
            Assert.Equal(-a / (double)b, new Rational(-a, b).ToDouble());
        }
    }

    [Fact]
    public void A_double_is_exactly_its_own_fraction()
    {
        var random = new NumpyRandom(2);
        Assert.Equal(new Rational(3, 8), (Rational)0.375);
        Assert.Equal(new Rational(3602879701896397, BigInteger.Pow(2, 55)), (Rational)0.1);
        Assert.All(
            Enumerable.Range(0, 1000).Select(_ => Math.ScaleB(random.NextDouble() - 0.5, random.NextInt(200) - 100)),
            value => Assert.Equal(value, ((Rational)value).ToDouble()));
        Assert.All([double.NaN, double.PositiveInfinity], v => Assert.Throws<ArgumentOutOfRangeException>(() => (Rational)v));
    }
}
