using System.Diagnostics;

namespace ReflectDiT.Eval.Cli.Tests.Chaos;

/// <summary>A file system in memory of a given size, mounted on a folder.</summary>
internal sealed class SmallDisk : IAsyncDisposable
{
    private readonly string _folder;

    private SmallDisk(string folder) => _folder = folder;

    /// <summary>Whether this process may mount.</summary>
    public static bool Possible { get; } = TryAsync().GetAwaiter().GetResult();

    public static async Task<SmallDisk> MountAsync(string folder, string size)
    {
        Directory.CreateDirectory(folder);
        Assert.Equal(0, await RunAsync("mount", "-t", "tmpfs", "-o", $"size={size}", "tmpfs", folder));
        return new(folder);
    }

    public async Task ResizeAsync(string size) =>
        Assert.Equal(0, await RunAsync("mount", "-o", $"remount,size={size}", _folder));

    public async ValueTask DisposeAsync() => await RunAsync("umount", "-l", _folder);

    private static async Task<bool> TryAsync()
    {
        var folder = Directory.CreateTempSubdirectory("reflectdit-mount-").FullName;
        try
        {
            if (await RunAsync("mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", folder) != 0)
            {
                return false;
            }

            await RunAsync("umount", folder);
            return true;
        }
        finally
        {
            Directory.Delete(folder);
        }
    }

    private static async Task<int> RunAsync(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program) { UseShellExecute = false, RedirectStandardError = true };
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        using var process = Process.Start(start)!;
        await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode;
    }
}

/// <summary>A test that mounts a small disk; skipped, with the reason, where that is not allowed.</summary>
internal sealed class MountFactAttribute : FactAttribute
{
    public MountFactAttribute()
    {
        if (!SmallDisk.Possible)
        {
            Skip = "This process may not mount a file system (it needs root with CAP_SYS_ADMIN).";
        }
    }
}
