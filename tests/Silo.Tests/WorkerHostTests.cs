namespace ReflectDiT.Eval.Silo.Tests;

public sealed class WorkerHostTests
{
    [Fact]
    public void The_program_says_in_one_line_whether_it_has_Orleans()
    {
#if ORLEANS
        Assert.StartsWith("Orleans 10.2.2: ", WorkerHost.Description);
#else
        Assert.StartsWith("Orleans: not built in", WorkerHost.Description);
#endif
        Assert.DoesNotContain('\n', WorkerHost.Description);
    }
}
