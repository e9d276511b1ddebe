using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace ReflectDiT.Eval.Ledger;

/// <summary>The ledger's tables for queries. Reads only: rows are written by <see cref="SweepStore"/> and <see cref="AttemptWriter"/>.</summary>
public sealed class LedgerContext(NpgsqlDataSource source) : DbContext
{
    public DbSet<SweepRow> Sweeps => Set<SweepRow>();
    public DbSet<PromptRow> Prompts => Set<PromptRow>();
    public DbSet<ArmRow> Arms => Set<ArmRow>();
    public DbSet<ChainRow> Chains => Set<ChainRow>();
    public DbSet<AttemptRow> Attempts => Set<AttemptRow>();
    public DbSet<ContextItemRow> ContextItems => Set<ContextItemRow>();
    public DbSet<ScorerRow> Scorers => Set<ScorerRow>();
    public DbSet<WorkerRow> Workers => Set<WorkerRow>();
    public DbSet<ScoreRow> Scores => Set<ScoreRow>();
    public DbSet<ScoringRow> Scorings => Set<ScoringRow>();
    public DbSet<ImportRow> Imports => Set<ImportRow>();

    protected override void OnConfiguring(DbContextOptionsBuilder optionsBuilder) =>
        optionsBuilder.UseNpgsql(source).UseSnakeCaseNamingConvention().UseQueryTrackingBehavior(QueryTrackingBehavior.NoTracking);

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.HasDefaultSchema("reflectdit");
        modelBuilder.Entity<SweepRow>().ToTable("sweeps").HasKey(r => r.Id);
        modelBuilder.Entity<PromptRow>().ToTable("prompts").HasKey(r => new { r.SweepId, r.Index });
        modelBuilder.Entity<ArmRow>().ToTable("arms").HasKey(r => new { r.SweepId, r.Index });
        modelBuilder.Entity<ChainRow>().ToTable("chains").HasKey(r => r.Id);
        modelBuilder.Entity<AttemptRow>().ToView("attempt_records").HasKey(r => new { r.ChainId, r.Index });
        modelBuilder.Entity<ContextItemRow>().ToTable("context_items").HasKey(r => new { r.ChainId, r.Attempt, r.Position });
        modelBuilder.Entity<ScorerRow>().ToTable("scorers").HasKey(r => r.Id);
        modelBuilder.Entity<WorkerRow>().ToTable("workers").HasKey(r => r.Number);
        modelBuilder.Entity<ScoreRow>().ToView("attempt_scores").HasKey(r => new { r.ChainId, r.Attempt, r.ScorerId });
        modelBuilder.Entity<ScoringRow>().ToTable("scorings").HasKey(r => new { r.DrawingId, r.ScorerId, r.SweepId });
        modelBuilder.Entity<ImportRow>().ToTable("imports").HasKey(r => new { r.SweepId, r.Arm });
    }
}
