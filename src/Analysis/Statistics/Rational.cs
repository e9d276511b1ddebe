using System.Numerics;

namespace ReflectDiT.Eval.Analysis.Statistics;

/// <summary>
/// An exact fraction in lowest terms: means over replicates and over subsets that are equal are equal, which doubles that were
/// summed in another order are not. A double is one too.
/// </summary>
public readonly record struct Rational
{
    private const int DoubleBits = 53;

    /// <summary>The denominator less one, so that the default is 0.</summary>
    private readonly BigInteger _over;

    public Rational(BigInteger numerator, BigInteger denominator)
    {
        if (denominator.IsZero)
        {
            throw new DivideByZeroException("A fraction's denominator is not 0.");
        }

        var divisor = BigInteger.GreatestCommonDivisor(numerator, denominator) * denominator.Sign;
        (Numerator, _over) = (numerator / divisor, (denominator / divisor) - 1);
    }

    public BigInteger Numerator { get; }

    public BigInteger Denominator => _over + 1;

    /// <summary>Exactly the double's value.</summary>
    public static implicit operator Rational(double value)
    {
        if (!double.IsFinite(value))
        {
            throw new ArgumentOutOfRangeException(nameof(value), value, "Only finite numbers are fractions.");
        }

        if (value == Math.Floor(value) && Math.Abs(value) < 1e15)
        {
            return new((long)value, 1);
        }

        var exponent = Math.ILogB(value) - DoubleBits;
        var digits = (BigInteger)Math.ScaleB(value, -exponent);
        return exponent < 0 ? new(digits, BigInteger.One << -exponent) : new(digits << exponent, 1);
    }

    public static Rational operator +(Rational a, Rational b) =>
        new((a.Numerator * b.Denominator) + (b.Numerator * a.Denominator), a.Denominator * b.Denominator);

    public static Rational operator -(Rational a, Rational b) =>
        new((a.Numerator * b.Denominator) - (b.Numerator * a.Denominator), a.Denominator * b.Denominator);

    public static Rational operator *(Rational a, int b) => new(a.Numerator * b, a.Denominator);

    public static Rational operator /(Rational a, int b) => new(a.Numerator, a.Denominator * b);

    /// <summary>The mean of at least one fraction.</summary>
    public static Rational Mean(IReadOnlyCollection<Rational> values) => values.Aggregate((a, b) => a + b) / values.Count;

    /// <summary>The nearest double: equal fractions give equal ones.</summary>
    public double ToDouble()
    {
        if (Numerator.IsZero)
        {
            return 0;
        }

        // With 64 bits of the quotient and a bit for what lies behind them, one rounding is left.
        var size = BigInteger.Abs(Numerator);
        var shift = (int)(64 - size.GetBitLength() + Denominator.GetBitLength());
        var quotient = BigInteger.DivRem(
            shift > 0 ? size << shift : size, shift < 0 ? Denominator << -shift : Denominator, out var rest);
        if (quotient.GetBitLength() > 64)
        {
            rest += quotient & 1;
            (quotient, shift) = (quotient >> 1, shift - 1);
        }

        var digits = (ulong)quotient | (rest.IsZero ? 0UL : 1);
        return Numerator.Sign * Math.ScaleB(digits, -shift);
    }
}
