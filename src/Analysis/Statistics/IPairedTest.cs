namespace ReflectDiT.Eval.Analysis.Statistics;

/// <summary>A test of a mean paired difference, with the interval that it inverts.</summary>
public interface IPairedTest
{
    /// <summary>Its name in data.</summary>
    string Name { get; }

    /// <summary>The mean difference.</summary>
    double Value { get; }

    /// <summary>The differences that are not rejected at 5%.</summary>
    Interval Interval { get; }

    /// <summary>Two-sided, for no difference.</summary>
    double P { get; }

    /// <summary>Two-sided, for a true mean difference of <paramref name="difference"/>.</summary>
    double PFor(double difference);
}
