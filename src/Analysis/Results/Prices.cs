using System.ComponentModel.DataAnnotations;

namespace ReflectDiT.Eval.Analysis.Results;

/// <summary>
/// What things cost, all in one currency, as <see cref="Core.SettingsJson"/> reads it. A judge is paid by the hour or by the
/// token; zero is free.
/// </summary>
public sealed record Prices(
    string Currency,
    [property: Range(0, 1e9)] double GeneratorDeviceHour,
    [property: Range(0, 1e9)] double JudgeDeviceHour,
    [property: Range(0, 1e9)] double MillionJudgeTokens);
