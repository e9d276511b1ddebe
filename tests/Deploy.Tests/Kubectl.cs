using System.Collections.Concurrent;
using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace ReflectDiT.Eval.Deploy.Tests;

/// <summary>The <c>kubectl</c> of this machine, used for its Kustomize alone.</summary>
internal static class Kubectl
{
    private static readonly Version Oldest = new(5, 0);
    private static readonly ConcurrentDictionary<string, string> Built = new();

    /// <summary>Why overlays cannot be built here; null when they can.</summary>
    public static string? Missing { get; } = FindFault();

    public static string Kustomize(string folder) => Built.GetOrAdd(folder, Build);

    private static string Build(string folder)
    {
        var (exit, output, error) = Run("kustomize", folder);
        Assert.True(exit == 0, error);
        Assert.True(error.Length == 0, error); // deprecated fields are told here
        return output;
    }

    private static string? FindFault()
    {
        try
        {
            var line = Run("version", "--client").Output.Split('\n')
                .FirstOrDefault(l => l.StartsWith("Kustomize Version: v", StringComparison.Ordinal));
            return line is not null && Version.Parse(line.Split('v')[^1].Trim()) >= Oldest
                ? null : $"kubectl here has a Kustomize older than {Oldest}: the overlays were not built";
        }
        catch (Win32Exception)
        {
            return "kubectl is not installed: the overlays were not built, their parts were tested unmerged";
        }
    }

    private static (int Exit, string Output, string Error) Run(params string[] args)
    {
        using var process = Process.Start(new ProcessStartInfo("kubectl", args)
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, error.GetAwaiter().GetResult());
    }
}

/// <summary>A fact about what <c>kubectl kustomize</c> makes.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class KubectlFactAttribute : FactAttribute
{
    public KubectlFactAttribute([CallerFilePath] string? file = null, [CallerLineNumber] int line = -1)
        : base(file, line) => Skip = Kubectl.Missing;
}
