using System.Runtime.CompilerServices;

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
        await SystemTool.RunAsync("mount", "-t", "tmpfs", "-o", $"size={size}", "tmpfs", folder);
        return new(folder);
    }

    public Task ResizeAsync(string size) => SystemTool.RunAsync("mount", "-o", $"remount,size={size}", _folder);

    public async ValueTask DisposeAsync() => await SystemTool.TryAsync("umount", "-l", _folder);

    private static async Task<bool> TryAsync()
    {
        var folder = Directory.CreateTempSubdirectory("reflectdit-mount-").FullName;
        try
        {
            if ((await SystemTool.TryAsync("mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", folder)).ExitCode != 0)
            {
                return false;
            }

            await SystemTool.TryAsync("umount", folder);
            return true;
        }
        finally
        {
            Directory.Delete(folder);
        }
    }
}

/// <summary>A test that mounts a small disk; skipped, with the reason, where that is not allowed.</summary>
internal sealed class MountFactAttribute : FactAttribute
{
    public MountFactAttribute([CallerFilePath] string? file = null, [CallerLineNumber] int line = -1)
        : base(file, line)
    {
        if (!SmallDisk.Possible)
        {
            Skip = "This process may not mount a file system (it needs root with CAP_SYS_ADMIN).";
        }
    }
}
