using System.Text;

namespace ReflectDiT.Eval.Ledger.Tests;

public sealed class ArtifactStoreTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("reflectdit-artifacts-").FullName;

    [Fact]
    public async Task What_is_saved_is_read_back_and_kept_once()
    {
        var store = new ArtifactStore(_folder);
        byte[][] contents = [.. Enumerable.Range(0, 100).Select(i => Encoding.UTF8.GetBytes($"image {i % 50}"))];
        store.Save([.. contents.Select(c => (ArtifactStore.NameOf(c), new ReadOnlyMemory<byte>(c)))]);
        store.Save([(ArtifactStore.NameOf(contents[0]), contents[0])]);
        foreach (var content in contents)
        {
            Assert.Equal(content, await store.ReadAsync(ArtifactStore.NameOf(content), CancellationToken.None));
        }

        Assert.Equal(50, Directory.GetFiles(_folder, "*", SearchOption.AllDirectories).Length);
    }

    [Fact]
    public async Task A_missing_or_damaged_artifact_is_named()
    {
        var store = new ArtifactStore(_folder);
        byte[] content = [1, 2, 3];
        var name = ArtifactStore.NameOf(content);
        await RefusedAsync();
        store.Save([(name, content)]);
        await File.WriteAllBytesAsync(store.PathOf(name), [1, 2]);
        await RefusedAsync();

        async Task RefusedAsync() => Assert.Contains(
            store.PathOf(name),
            (await Assert.ThrowsAsync<LedgerException>(() => store.ReadAsync(name, CancellationToken.None))).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_save_that_fails_leaves_nothing_behind()
    {
        var store = new ArtifactStore(_folder);
        byte[] content = [1, 2, 3];
        var path = store.PathOf(ArtifactStore.NameOf(content));
        Directory.CreateDirectory(path); // a folder where the file should go
        Assert.ThrowsAny<Exception>(() => store.Save([(ArtifactStore.NameOf(content), content)]));
        Assert.Empty(Directory.GetFiles(_folder, "*", SearchOption.AllDirectories));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
